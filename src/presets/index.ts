// The presets by name. Adding a vendor is adding a file and its line here.

import type { Preset } from '../core/preset.ts'
import { jwt } from './jwt.ts'
import { smartBackendServices } from './smart-backend-services.ts'

export const presets: ReadonlyMap<string, Preset> = new Map([jwt, smartBackendServices].map(preset => [preset.name, preset]))
