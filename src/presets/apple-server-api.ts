// Apple App Store Server API: the token of App Store Connect with the app's bundle ID, for an hour at most.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { appleAppStoreConnect } from './apple-app-store-connect.ts'
import { nonEmptyString } from './terms.ts'

const APPLE = 'Apple Developer, App Store Server API, "Generating JSON Web Tokens for API requests"'

export const appleServerApi: PresetData = {
  ...appleAppStoreConnect,
  title: 'Apple App Store Server API',
  onboarding: {
    steps: [
      { text: 'Open Users and Access, Integrations, In-App Purchase, generate a key, and download it: it can be downloaded once.', source: 'Apple Developer, "Creating API keys to authorize API requests"' }
    ],
    values: { iss: NOT_ASSIGNED, bid: NOT_ASSIGNED }
  },
  time: { set: ['iat', 'exp'], ttl: { default: '20m', max: '1h' }, source: `${APPLE}: at most 60 minutes after iat`, verified: true },
  allowed: ['iss', 'aud', 'bid'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is your issuer ID', required: true, schema: nonEmptyString, source: APPLE, verified: true },
    { id: 'aud-value', claim: 'aud', text: 'is "appstoreconnect-v1"', required: true, fixed: 'appstoreconnect-v1', source: APPLE, verified: true },
    { id: 'bid-required', claim: 'bid', text: 'is your app\'s bundle ID', required: true, schema: nonEmptyString, source: APPLE, verified: true }
  ],
  example: { claims: { iss: '57246542-96fe-1a63-e053-0824d011072a', bid: 'com.example.testbundleid' } }
}
