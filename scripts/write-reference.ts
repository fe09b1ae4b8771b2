// Writes the parts of the reference that are made from the sources, for `npm run reference`.

import { readFileSync, writeFileSync } from 'node:fs'
import { PARTS, renderPart } from './reference.ts'

for (const [page, name, write] of PARTS) writeFileSync(page, await renderPart(readFileSync(page, 'utf8'), name, write))
