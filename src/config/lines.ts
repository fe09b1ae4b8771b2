// The line of every value of a YAML document, by its path. Reads the text again, and only for a message: what is sound
// needs no line.

import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml'
import type { Path } from './report.ts'

/** A collection whose values follow. */
interface Open {
  readonly path: Path
  /** The next index of a sequence; undefined in a mapping. */
  index?: number
  /** The key whose value follows. */
  key?: { readonly name: string, readonly start: number }
}

type Node = Exclude<Event, { type: typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.POP }>

/** @returns gives the line of a path, or of its nearest parent that is there */
export function indexLines (text: string): (path: Path) => number {
  const lines = new Map<string, number>()
  const countTo = lineCounter(text)
  const open: Open[] = []
  for (const event of parseEvents(text, {})) {
    if (event.type === EVENT_ID.POP) open.pop()
    if (event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) continue
    const parent = open.at(-1)
    const start = startOf(event)
    if (parent && parent.index === undefined && parent.key === undefined && event.type === EVENT_ID.SCALAR) {
      parent.key = { name: getScalarValue(text, event), start }
      continue
    }
    const path = parent ? [...parent.path, parent.index ?? parent.key!.name] : []
    const shown = start < 0 ? parent?.key?.start : start // an empty item of a list has its list's line
    if (shown !== undefined) lines.set(JSON.stringify(path), countTo(shown))
    if (parent?.index !== undefined) parent.index++
    delete parent?.key
    if (event.type === EVENT_ID.MAPPING) open.push({ path })
    if (event.type === EVENT_ID.SEQUENCE) open.push({ path, index: 0 })
  }
  return path => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return 1
  }
}

/** Offset of a value without its tag and anchor; -1 for one that is not written. */
function startOf (node: Node): number {
  if (node.type === EVENT_ID.SCALAR) return node.valueStart
  return node.type === EVENT_ID.ALIAS ? node.anchorStart : node.start
}

/** Lines are counted once: offsets come in the order of the text. */
function lineCounter (text: string): (offset: number) => number {
  let [line, position] = [1, 0]
  return offset => {
    for (let end = text.indexOf('\n', position); end >= 0 && end < offset; end = text.indexOf('\n', position)) {
      line++
      position = end + 1
    }
    return line
  }
}
