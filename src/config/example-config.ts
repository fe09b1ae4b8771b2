// The values of jwksd.example.yaml. `npm run example` writes it; a test compares it.

import { configText } from './config-text.ts'
import { draftSet, notedValues } from './draft-profile.ts'
import { vendorValues } from '../core/onboarding/vendor-values.ts'
import { presets } from '../presets/index.ts'

const PLACEHOLDERS: Readonly<Record<string, string>> = { iss: 'your-client-id', aud: 'https://oauth.example.com/oauth2/token' }
const preset = presets.get('smart-backend-services')!
const { claims } = notedValues(vendorValues(preset, '').map(({ name, ...value }) => ({ ...value, value: PLACEHOLDERS[name]!, open: true })))

export const exampleText = configText({
  heading: [
    'yaml-language-server: $schema=./jwksd.schema.json',
    '',
    'jwksd.yaml: `jwksd init` writes one for your host and vendor. Or copy this file, adapt the lines marked with <--, and',
    'start with: jwksd serve --config jwksd.yaml',
    'Paths are relative to this file. Durations: 90s, 10m, 30h, 90d.'
  ],
  url: 'https://jwks.example.com',
  listen: '0.0.0.0:8443',
  keys: './keys',
  tls: { cert: 'tls/fullchain.pem', key: 'tls/privkey.pem' },
  sign: '127.0.0.1:9443',
  audit: 'audit.jsonl',
  sets: { ecw: draftSet(preset, 'RS384') },
  profiles: { 'ecw-prod': { preset: preset.name, set: 'ecw', claims, ttl: { default: '4m', max: '5m' } } },
  client: {
    name: 'billing',
    note: 'an internal service that may sign',
    apiKey: { id: 'ReplaceM', sha256: '0'.repeat(64), expires: '2027-12-31' },
    rate: '20/s'
  },
  example: true
})
