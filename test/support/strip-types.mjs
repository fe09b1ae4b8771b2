// Loads TypeScript in tests and in the programs that they start; .taprc names it in NODE_OPTIONS. From Node 22.18 on Node
// strips types by itself; before that each file is transpiled once and kept by its content, since a compiler in each of
// hundreds of processes takes most of the time of a run.

import { register } from 'node:module'

const here = import.meta.url
// Children may run in another directory.
process.env.NODE_OPTIONS = process.env.NODE_OPTIONS?.replace(/--import=\.\/\S+\/strip-types\.mjs/, `--import=${here}`)
// tap's own loader shall leave .ts files to this one.
process.env.TAP_TYPE_STRIP_ONLY = '1'
if (!process.features.typescript) register('./strip-types-hook.mjs', here)
