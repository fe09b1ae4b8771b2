// NHS England, application-restricted APIs: signed JWT authentication with the API key as issuer.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules } from './terms.ts'

const NHS = 'NHS England Digital, "Application-restricted RESTful APIs - signed JWT authentication"'

export const nhsEngland: PresetData = {
  title: 'NHS England',
  key: { given: 'jwks-url', source: NHS, verified: true },
  onboarding: {
    steps: [
      { text: 'Register {url} for your application, in each environment that you use.', source: NHS }
    ],
    values: { iss: NOT_ASSIGNED, aud: 'https://int.api.service.nhs.uk/oauth2/token' }
  },
  alg: { oneOf: ['RS512'], source: `${NHS}: alg RS512`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: NHS, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: NHS, verified: true },
  time: { set: ['iat', 'exp', 'jti'], optional: ['iat'], ttl: { default: '4m', max: '5m' }, source: `${NHS}: exp at most "5 minutes after the time of creation of the JWT"`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    ...clientRules(NHS, 'your API key'),
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
