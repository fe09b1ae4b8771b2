// GitHub App: GitHub makes the key pair (PKCS#1), knows the key by the app and wants no kid.

import type { PresetData } from '../core/tokens/preset.ts'

const GITHUB = 'GitHub Docs, "Generating a JSON Web Token (JWT) for a GitHub App"'

export const githubApp: PresetData = {
  title: 'GitHub App',
  key: { given: 'vendor', source: GITHUB, verified: true },
  onboarding: {
    steps: [
      { text: 'Open Settings, Developer settings, GitHub Apps, your app, Private keys, Generate a private key: a PEM is downloaded.', source: 'GitHub Docs, "Managing private keys for GitHub Apps"' }
    ]
  },
  alg: { oneOf: ['RS256'], source: GITHUB, verified: true },
  header: { protected: { typ: 'JWT' }, source: GITHUB, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: GITHUB, verified: true },
  time: {
    set: ['iat', 'exp'],
    ttl: { default: '9m', max: '10m' },
    backdate: '1m',
    source: `${GITHUB}: iat 60 seconds in the past, exp at most 10 minutes into the future`,
    verified: true
  },
  allowed: ['iss'],
  rules: [
    {
      id: 'iss-app',
      claim: 'iss',
      text: 'is the client ID or the application ID of the app',
      required: true,
      schema: { type: ['string', 'integer'], minLength: 1 },
      source: GITHUB,
      verified: true
    }
  ],
  example: { claims: { iss: 'Iv23liExampleClient' } }
}
