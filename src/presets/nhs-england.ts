// NHS England, application-restricted APIs: signed JWT authentication with the API key as issuer.

import type { PresetData } from '../core/tokens/preset.ts'

const NHS = 'NHS England Digital, "Application-restricted RESTful APIs - signed JWT authentication"'
const nonEmptyString = { type: 'string', minLength: 1 }

export const nhsEngland: PresetData = {
  title: 'NHS England',
  key: { given: 'jwks-url', source: NHS, verified: true },
  alg: { oneOf: ['RS512'], source: `${NHS}: alg RS512`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: NHS, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: NHS, verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '4m', max: '5m' }, source: `${NHS}: exp at most five minutes after the JWT was made`, verified: false },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is your API key', required: true, schema: nonEmptyString, source: NHS, verified: true },
    { id: 'sub-is-iss', claim: 'sub', text: 'is your API key, as iss', required: true, same: 'iss', source: NHS, verified: true },
    {
      id: 'aud-token-url',
      claim: 'aud',
      text: 'is the token endpoint\'s URL, character for character',
      required: true,
      schema: { type: 'string', pattern: '^https://([a-z-]+\\.)?api\\.service\\.nhs\\.uk/' },
      source: NHS,
      verified: true
    }
  ],
  example: { claims: { iss: 'API_KEY', sub: 'API_KEY', aud: 'https://int.api.service.nhs.uk/oauth2/token' } }
}
