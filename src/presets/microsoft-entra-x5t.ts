// Microsoft Entra ID, the older form of the client assertion: RS256, and the SHA-1 thumbprint of the certificate.

import type { PresetData } from '../core/tokens/preset.ts'
import { microsoftEntra } from './microsoft-entra.ts'

const ENTRA = 'Microsoft identity platform, "Application authentication certificate credentials", edition of 2019'

export const microsoftEntraX5t: PresetData = {
  ...microsoftEntra,
  title: 'Microsoft Entra ID (x5t)',
  alg: { oneOf: ['RS256'], source: `${ENTRA}: "Should be RS256"`, verified: true },
  header: { protected: { typ: 'JWT', x5t: '${key.x5t}' }, source: `${ENTRA}, header`, verified: true }
}
