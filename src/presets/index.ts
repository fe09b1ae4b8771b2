// The presets by name. Adding a vendor is adding a file and its line here.

import { readPreset } from '../config/preset.ts'
import type { Preset, PresetData } from '../core/preset.ts'
import { cdataConnectAi } from './cdata-connect-ai.ts'
import { happypathology } from './happypathology.ts'
import { jwt } from './jwt.ts'
import { oracleFlattenedJws } from './oracle-flattened-jws.ts'
import { smartBackendServices } from './smart-backend-services.ts'

const written: Readonly<Record<string, PresetData>> = {
  jwt,
  'smart-backend-services': smartBackendServices,
  'cdata-connect-ai': cdataConnectAi,
  happypathology,
  'oracle-flattened-jws': oracleFlattenedJws
}

export const presets: ReadonlyMap<string, Preset> = new Map(Object.entries(written).map(([name, data]) => [name, readPreset(name, data)]))
