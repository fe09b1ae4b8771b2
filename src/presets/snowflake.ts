// Snowflake key pair authentication: the issuer holds the fingerprint of the public key that signs.

import type { PresetData } from '../core/tokens/preset.ts'

const SNOWFLAKE = 'Snowflake documentation, "Authenticating Snowflake REST APIs", key pair authentication'

export const snowflake: PresetData = {
  title: 'Snowflake',
  key: { given: 'pem', source: `${SNOWFLAKE}: ALTER USER … SET RSA_PUBLIC_KEY`, verified: true },
  alg: { oneOf: ['RS256'], source: SNOWFLAKE, verified: true },
  header: { protected: { typ: 'JWT' }, source: SNOWFLAKE, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: SNOWFLAKE, verified: true },
  time: { set: ['iat', 'exp'], ttl: { default: '59m', max: '1h' }, source: `${SNOWFLAKE}: valid for at most one hour`, verified: false },
  allowed: ['sub'],
  rules: [
    {
      id: 'sub-account-user',
      claim: 'sub',
      text: 'is ACCOUNT.USER in upper case, without the account\'s region',
      required: true,
      schema: { type: 'string', pattern: '^[^.a-z]+\\.[^a-z]+$' },
      source: SNOWFLAKE,
      verified: true
    },
    {
      id: 'iss-fingerprint',
      claim: 'iss',
      text: 'is sub, ".SHA256:" and the base64 fingerprint of the public key',
      required: true,
      value: '${claims.sub}.SHA256:${key.spkiSha256}',
      schema: { type: 'string', pattern: '^[^.a-z]+\\.[^a-z]+\\.SHA256:[A-Za-z0-9+/]{43}=$' },
      source: SNOWFLAKE,
      verified: true
    }
  ],
  example: { claims: { sub: 'MYORG-MYACCOUNT.MYUSER' } }
}
