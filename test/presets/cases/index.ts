// All cases by preset.

import type { PresetCase } from '../../support/preset-case.ts'
import { seeds } from './seeds.ts'

export const cases: Readonly<Record<string, PresetCase>> = { ...seeds }
