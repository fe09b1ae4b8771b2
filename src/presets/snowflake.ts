// Snowflake key pair authentication: the issuer holds the fingerprint of the public key that signs.

import type { PresetData } from '../core/tokens/preset.ts'

// ACCOUNT.USER: an account name has no dot, so a region, a cloud, PRIVATELINK or GLOBAL after it is no part of the user.
const REST_OF_HOST = 'PRIVATELINK|GLOBAL|(?:[A-Z0-9-]+\\.)?(?:AWS|AZURE|GCP)|[A-Z]{2}(?:-GOV)?-[A-Z]+-\\d|[A-Z0-9-]+\\.PRIVATELINK'
const ACCOUNT_USER = `[^.a-z]+\\.(?!(?:${REST_OF_HOST})\\.)[^a-z]+`

const SNOWFLAKE = 'Snowflake documentation, "Authenticating Snowflake REST APIs", key pair authentication'

export const snowflake: PresetData = {
  title: 'Snowflake',
  key: { given: 'pem', source: `${SNOWFLAKE}: ALTER USER … SET RSA_PUBLIC_KEY`, verified: true },
  onboarding: {
    steps: [
      { text: 'ALTER USER <user> SET RSA_PUBLIC_KEY=\'{base64}\'; in place of <user> the name of the user that you give in sub.', source: 'Snowflake documentation, "Key-pair authentication and key-pair rotation"' },
      { text: 'DESC USER <user>; must show RSA_PUBLIC_KEY_FP SHA256:{fingerprint}. The next key goes to RSA_PUBLIC_KEY_2.', source: 'Snowflake documentation, "Key-pair authentication and key-pair rotation"' }
    ],
    values: { sub: 'NOT-ASSIGNED-YET.NOT-ASSIGNED-YET' }
  },
  alg: { oneOf: ['RS256'], source: SNOWFLAKE, verified: true },
  header: { protected: { typ: 'JWT' }, source: SNOWFLAKE, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: SNOWFLAKE, verified: true },
  time: { set: ['iat', 'exp'], ttl: { default: '59m', max: '1h' }, source: `${SNOWFLAKE}: "valid for at most one hour after the token is issued"`, verified: true },
  allowed: ['sub'],
  rules: [
    {
      id: 'sub-account-user',
      claim: 'sub',
      text: 'is ACCOUNT.USER in upper case, without region, PRIVATELINK or GLOBAL after the account',
      required: true,
      schema: { type: 'string', pattern: `^${ACCOUNT_USER}$` },
      source: SNOWFLAKE,
      verified: true
    },
    {
      id: 'iss-fingerprint',
      claim: 'iss',
      text: 'is sub, ".SHA256:" and the base64 fingerprint of the public key',
      required: true,
      value: '${claims.sub}.SHA256:${key.spkiSha256}',
      schema: { type: 'string', pattern: `^${ACCOUNT_USER}\\.SHA256:[A-Za-z0-9+/]{43}=$` },
      source: SNOWFLAKE,
      verified: true
    }
  ],
  example: { claims: { sub: 'MYORG-MYACCOUNT.MYUSER' } }
}
