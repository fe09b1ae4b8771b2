// DER (X.690 section 10), as far as keys need it: elements of definite length, each in its shortest form.
// Rejects everything else by throwing a NotDer: a damaged file never reaches native code that trusts it.

/** The bytes are not DER, or not of the shape that was expected. */
export class NotDer extends Error {
  override readonly name = 'NotDer'
}

export const TAG = { integer: 2, bitString: 3, octetString: 4, oid: 6, sequence: 0x30, explicit0: 0xa0, explicit1: 0xa1 }

export interface Element {
  readonly tag: number
  readonly content: Buffer
}

/** The one element that the bytes are. */
export function readDer (bytes: Buffer): Element {
  const [element, ...others] = readElements(bytes)
  if (!element || others.length > 0) throw new NotDer('it is not one element')
  return element
}

/** The elements of a SEQUENCE. */
export function itemsOf (sequence: Element | undefined): Element[] {
  return readElements(expect(sequence, TAG.sequence))
}

function readElements (bytes: Buffer): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const { length, start } = readLength(bytes, at + 1)
    if (start + length > bytes.length) throw new NotDer('an element is longer than its surroundings')
    elements.push({ tag: bytes[at]!, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return elements
}

/** The element inside an EXPLICIT tag. */
export function insideOf (element: Element | undefined, tag: number): Element {
  return readDer(expect(element, tag))
}

function readLength (bytes: Buffer, at: number): { length: number, start: number } {
  const first = bytes[at] ?? 0x80
  if (first < 0x80) return { length: first, start: at + 1 }
  const octets = first & 0x7f
  if (octets === 0 || octets > 4 || at + octets >= bytes.length) throw new NotDer('a length is not definite')
  const length = bytes.readUIntBE(at + 1, octets)
  if (length < 0x80 || length < 2 ** (8 * (octets - 1))) throw new NotDer('a length is longer than needed')
  return { length, start: at + 1 + octets }
}

/** The content of an element that must be there and have this tag. */
export function expect (element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new NotDer(`an element with the tag ${tag} is missing`)
  return element.content
}

/** A non-negative INTEGER. */
export function readInteger (element: Element | undefined): bigint {
  const content = expect(element, TAG.integer)
  if (content.length === 0 || content[0]! >= 0x80) throw new NotDer('a number is negative')
  if (content.length > 1 && content[0] === 0 && content[1]! < 0x80) throw new NotDer('a number is longer than needed')
  return toNumber(content)
}

/** A BIT STRING of whole octets. */
export function readBits (element: Element | undefined): Buffer {
  const content = expect(element, TAG.bitString)
  if (content[0] !== 0) throw new NotDer('a bit string does not end with an octet')
  return content.subarray(1)
}

/** An OBJECT IDENTIFIER's encoding, in hex. */
export function readOid (element: Element | undefined): string {
  return expect(element, TAG.oid).toString('hex')
}

/** Big-endian octets as a number. */
export function toNumber (octets: Uint8Array): bigint {
  return BigInt('0x0' + Buffer.from(octets).toString('hex'))
}

/** A number as `size` big-endian octets, or as many as it needs. */
export function toOctets (number: bigint, size?: number): Buffer {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(size === undefined ? hex.length + hex.length % 2 : 2 * size, '0'), 'hex')
}
