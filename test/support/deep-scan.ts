// Looks for private key material anywhere in a value or a text: members of a private JWK and PEM blocks.

/** Members that only a private or a symmetric JWK has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1; `priv`: RFC 9964). */
export const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** Paths of private members at any depth, also inside strings that are JSON, and of private PEM blocks. */
export function findPrivate (value: unknown, path = '$'): string[] {
  if (typeof value === 'string') return findInText(value, path)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = `${path}.${name}`
    return [...(PRIVATE_MEMBERS.includes(name) ? [at] : []), ...findPrivate(inner, at)]
  })
}

function findInText (text: string, path: string): string[] {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return [path]
  try {
    const inner: unknown = JSON.parse(text)
    return typeof inner === 'object' ? findPrivate(inner, path) : []
  } catch {
    // Not JSON as a whole: a log has a JSON document in each line.
    const lines = text.split('\n')
    return lines.length > 1 ? lines.flatMap((line, i) => findInText(line, `${path}:${i + 1}`)) : []
  }
}
