// eClinicalWorks (eCW): SMART Backend Services with RS384 and the kid rule of its guide.

import type { PresetData } from '../core/tokens/preset.ts'
import { smartBackendServices } from './smart-backend-services.ts'

const GUIDE = 'eClinicalWorks guide "Set up a JWKS Signing Key"'

export const eclinicalworks: PresetData = {
  ...smartBackendServices,
  title: 'eClinicalWorks (eCW)',
  key: { given: 'jwks-url', kid: 'pem-sha256', source: `${GUIDE}, steps 1 to 3`, verified: true },
  onboarding: {
    steps: [
      { text: 'Enter {url} in the registration of your eCW app.', source: `${GUIDE}, step 3` }
    ],
    ask: [
      { text: 'Please add {url} to your whitelist. The host {host} is a DNS name, as you require, and no IP:PORT.', source: `${GUIDE}, steps 2 and 3` }
    ]
  },
  alg: { oneOf: ['RS384'], source: `${GUIDE}, prerequisite and step 1`, verified: true }
}
