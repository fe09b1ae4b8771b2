// The loader hook of strip-types.mjs: TypeScript → JavaScript with its source map, from a cache by content.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const CACHE = new URL('../../node_modules/.cache/strip-types/', import.meta.url)
const SELF = readFileSync(new URL(import.meta.url))

async function transpile (file, text) {
  const { default: ts } = await import('typescript')
  return ts.transpileModule(text, {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, inlineSourceMap: true, inlineSources: true
    }
  }).outputText
}

function cached (key) {
  try {
    return readFileSync(new URL(key, CACHE), 'utf8')
  } catch {
    return undefined
  }
}

function keep (key, text) {
  mkdirSync(CACHE, { recursive: true })
  const fresh = new URL(`${key}.${process.pid}.${Math.random()}`, CACHE)
  writeFileSync(fresh, text)
  renameSync(fresh, new URL(key, CACHE))
}

export async function load (url, context, next) {
  if (!url.startsWith('file:') || !/\.ts$/.test(url) || url.includes('/node_modules/')) return await next(url, context)
  const file = fileURLToPath(url)
  const text = readFileSync(file, 'utf8')
  const key = createHash('sha256').update(SELF).update(file).update('\0').update(text).digest('hex')
  let source = cached(key)
  if (source === undefined) {
    source = await transpile(file, text)
    keep(key, source)
  }
  return { format: 'module', source, shortCircuit: true }
}
