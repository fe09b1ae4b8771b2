// Adds an API key to the text of a configuration and changes nothing else in it: comments, order and layout are the
// user's. A placeholder is replaced. Rejects a text that the addition would change in any other way.

import { isDeepStrictEqual } from 'node:util'
import { Document, isAlias, isMap, isNode, isSeq, type Node, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'
import { fault } from '../core/errors.ts'
import { isRecord } from './fields.ts'
import { isPlaceholder } from './placeholders.ts'
import { readYaml } from './yaml.ts'

/** As the configuration keeps it. */
interface ApiKeyEntry { readonly id: string, readonly sha256: string, readonly expires?: string }

export interface Addition {
  /** The new text of the whole file. */
  readonly text: string
  /** Where the API key is, from 1. */
  readonly line: number
  /** That line, without its indentation. */
  readonly written: string
}

interface Edit { readonly start: number, readonly end: number, readonly insert: string }

/**
 * @param client one that the text names
 * @throws FaultsError when the text is no YAML, or is written in a way that cannot be added to safely
 */
export function addApiKey (file: string, text: string, client: string, apiKey: ApiKeyEntry): Addition {
  const before = readYaml(file, text)
  const entry = new Document({ apiKey })
  entry.contents = entry.createNode({ apiKey }, { flow: true })
  const { start, end, insert } = findEdit(text, client, entry.toString({ lineWidth: 0 }).trim())
  const changed = text.slice(0, start) + insert + text.slice(end)
  if (!isDeepStrictEqual(readYaml(file, changed).data, withApiKey(before.data, client, apiKey))) {
    throw fault(before.where(['clients', client, 'auth']), 'is written in a way that cannot be added to safely', 'leave --write out, and add what is printed by hand')
  }
  const at = start + insert.search(/\S/)
  const line = changed.slice(0, at).split('\n').length
  return { text: changed, line, written: changed.split('\n')[line - 1]!.trim() }
}

/** Whether an entry of `auth` is the API key of an example. */
function isExample (entry: unknown): boolean {
  const apiKey = isRecord(entry) && isRecord(entry.apiKey) ? entry.apiKey : {}
  return isPlaceholder(String(apiKey.id)) || /^0+$/.test(String(apiKey.sha256))
}

/** What the document must mean afterwards. */
function withApiKey (data: unknown, client: string, apiKey: ApiKeyEntry): unknown {
  const copy = structuredClone(data) as { clients: Record<string, { auth?: unknown[] | null }> }
  const auth = copy.clients[client]!.auth ?? []
  const example = auth.findIndex(isExample)
  auth.splice(example < 0 ? auth.length : example, example < 0 ? 0 : 1, { apiKey })
  copy.clients[client]!.auth = auth
  return copy
}

/** The smallest edit that puts `entry` into the client's `auth`. */
function findEdit (text: string, client: string, entry: string): Edit {
  const document = parseDocument(text)
  const owner = document.getIn(['clients', client], true)
  const auth = document.getIn(['clients', client, 'auth'], true)
  if (isSeq(auth)) return editList(text, auth, entry)
  if (isNode(auth) && !isAlias(auth)) return insertAt(auth.range![0], ` [${entry}]`) // `auth:` without a value
  if (isMap(owner) && owner.items.length > 0 && !isAlias(auth)) return addAuth(text, owner, `auth: [${entry}]`)
  return insertAt(0, '') // changes nothing, which the caller rejects
}

function editList (text: string, auth: YAMLSeq, entry: string): Edit {
  const example = auth.items.find(item => isNode(item) && isExample(item.toJSON()))
  if (isNode(example)) return { start: example.range![0], end: endOf(example), insert: entry }
  const last = auth.items.at(-1)
  if (auth.flow) return isNode(last) ? insertAt(endOf(last), `, ${entry}`) : insertAt(auth.range![0] + 1, entry)
  const indent = lineBefore(text, auth.range![0])
  const lineEnd = /\r?\n|$/.exec(text.slice(endOf(auth)))!
  return insertAt(endOf(auth) + lineEnd.index, `${lineEnd[0] || '\n'}${indent}- ${entry}`)
}

function addAuth (text: string, owner: YAMLMap, auth: string): Edit {
  const [start] = owner.range!
  if (owner.flow) return insertAt(start + 1, ` ${auth},`)
  return insertAt(start, `${auth}${text.includes('\r\n') ? '\r\n' : '\n'}${lineBefore(text, start)}`)
}

function insertAt (start: number, insert: string): Edit {
  return { start, end: start, insert }
}

function lineBefore (text: string, position: number): string {
  return text.slice(text.lastIndexOf('\n', position - 1) + 1, position)
}

/** The end of a value, without the comments and empty lines that its range may count. */
function endOf (node: Node): number {
  const last = isMap(node) ? node.items.at(-1)?.value : isSeq(node) ? node.items.at(-1) : undefined
  return (isMap(node) || isSeq(node)) && !node.flow && isNode(last) ? endOf(last) : node.range![1]
}
