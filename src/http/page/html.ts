// The one template of the pages: every value is escaped, in texts and in attributes, unless it is HTML made here.

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** HTML that `html` has made. */
export class Html {
  readonly #text: string

  /** Use `html`. */
  constructor (strings: TemplateStringsArray, parts: readonly Part[]) {
    this.#text = String.raw({ raw: strings }, ...parts.map(toText))
  }

  toString (): string {
    return this.#text
  }
}

/** What may stand in a template; undefined and false are nothing, lists are joined. */
export type Part = Html | string | number | undefined | false | readonly Part[]

/** HTML of a template. Attributes must have quotes around their values. */
export function html (strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings, parts)
}

function toText (part: Part): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.toString()
  if (Array.isArray(part)) return part.map(toText).join('')
  return String(part).replace(/[&<>"']/g, character => ESCAPES[character]!)
}
