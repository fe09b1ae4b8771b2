// Preloaded into a jwksd: kills it with SIGKILL at the DIE_AT-th change to a file, before it or in the middle of a write.
// Nothing is pretended: each change is the real one.

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const { DIE_AT, DIE_BELOW } = process.env
let changes = 0
const strike = () => {
  if (++changes === Number(DIE_AT)) process.kill(process.pid, 'SIGKILL')
}

const handle = await fs.promises.open(fileURLToPath(import.meta.url))
const prototype = Object.getPrototypeOf(handle)
await handle.close()
const { sync, writeFile } = prototype
prototype.sync = async function () {
  strike()
  await sync.call(this)
}
prototype.writeFile = async function (text) {
  strike()
  const half = text.length >> 1
  await writeFile.call(this, text.slice(0, half))
  strike()
  await writeFile.call(this, text.slice(half))
}

const isBelow = file => path.resolve(String(file)).startsWith(DIE_BELOW)
for (const name of ['rename', 'link', 'unlink', 'open']) {
  const real = fs.promises[name]
  fs.promises[name] = async (file, ...rest) => {
    const writes = name !== 'open' || (rest[0] !== undefined && rest[0] !== 'r' && (rest[0] === 'wx' || (rest[0] & fs.constants.O_RDWR)))
    if (writes && isBelow(file)) strike()
    return await real(file, ...rest)
  }
}
syncBuiltinESMExports()
