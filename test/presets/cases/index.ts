// All cases by preset.

import type { PresetCase } from '../../support/preset-case.ts'
import { cloud } from './cloud.ts'
import { health } from './health.ts'
import { identity } from './identity.ts'
import { seeds } from './seeds.ts'
import { servers } from './servers.ts'

export const cases: Readonly<Record<string, PresetCase>> = { ...seeds, ...health, ...identity, ...servers, ...cloud }
