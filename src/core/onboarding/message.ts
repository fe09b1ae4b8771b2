// A registration as text: the message for the vendor's support or portal, and the steps that only the sender needs.

import { formatDuration } from '../time.ts'
import type { RegisteredKey, Registration } from './registration.ts'

const WIDTH = 16

const row = (name: string, value: string): string => `${name.padEnd(WIDTH)}${value}\n`

/** The message, ready to send. */
export function writeMessage (registration: Registration): string {
  const { title, keys, given } = registration
  if (given === 'vendor') return `${title} makes the key pair itself: there is nothing to send. The key here is:\n\n${keys.map(describeKey).join('\n')}`
  return `Subject: Registration of our signing key for ${title}

Hello,

please register this public key for our application. With it you verify the tokens that we sign for ${title};
their header has ${registration.header.join(', ')}.

${keys.map(describeKey).join('\n')}
${HANDOVER[given](registration)}
${questions(registration)}
Thank you
`
}

function describeKey ({ kid, alg, kind, bits, signsFrom, fingerprint, certificate }: RegisteredKey): string {
  return row('kid', kid) +
    row('alg', `${alg}, key of type ${kind}${bits === undefined ? '' : ` with ${bits} bits`}`) +
    row('signs', signsFrom === undefined ? 'now' : `from ${signsFrom}`) +
    row('SHA-256', `${fingerprint} (base64, public key in DER)`) +
    (certificate ? row('certificate', `SHA-1 ${certificate.sha1}`) + row('', `SHA-256 ${certificate.sha256}`) + row('valid until', certificate.notAfter) : '')
}

/** How each kind of vendor gets the key. */
const HANDOVER: Readonly<Record<Exclude<Registration['given'], 'vendor'>, (registration: Registration) => string>> = {
  'jwks-url': ({ url, host, port, response, lead, retire }) => `${row('JWKS URL', url)}${row('host', `${host}, port ${port}, TLS 1.2 or 1.3`)}
GET needs no authentication and gets no redirect. The answer is status ${response.status}, Content-Type ${response.headers['content-type']},
Cache-Control ${response.headers['cache-control']}, and at present exactly this body of ${response.headers['content-length']} bytes:

${response.body}

Keys rotate. A new key is in the set for ${formatDuration(lead)} before it signs, an old one for ${formatDuration(retire)} after it last signed:
please fetch the set again when max-age is over or a kid is unknown.
`,
  jwk: ({ keys, url }) => `${keys.map(({ jwk }) => JSON.stringify(jwk, null, 2) + '\n').join('\n')}
It is also published at ${url}
`,
  pem: ({ keys, url }) => `${keys.map(({ pem }) => pem).join('\n')}
It is also published at ${url}
`,
  certificate: ({ keys, url }) => `${keys.map(({ certificate }) => certificate!.pem).join('\n')}
Its public key is also published at ${url}
`
}

function questions ({ ask, values }: Registration): string {
  const pending = values.filter(({ pending }) => pending)
  const known = values.filter(({ pending }) => !pending)
  const lines = [
    ...ask.map(({ text }) => text),
    ...pending.map(({ name, text }) => `Please send us the value of ${name}, which ${text}.`),
    ...known.map(({ name, text, value }) => `Please confirm ${name}, which ${text}: ${value}`),
    'Please say for which environment this is, test or production.'
  ]
  return lines.map((line, i) => `${i + 1}. ${line}\n`).join('')
}

/** What to do at the vendor's and here, with the sources. @param snippet the values as YAML */
export function writeSteps ({ title, steps, ask, given, set, profile, values, url, preset }: Registration, snippet: string): string {
  const sources = [...new Set(ask.map(({ source }) => source))].join('; ')
  const own = steps.map(({ text, source }, i) => `${i + 1}. ${text}\n    source: ${source}\n`)
  const after = [
    ...(given === 'vendor' ? [`Its key file: jwksd import FILE ${set}, in place of the key above; where ${title} gives it an id, a line "# kid: ID" above the key.`] : []),
    ...(values.length > 0 ? [`The values, in jwksd.yaml; a running server reloads it:\n\n${snippet}`] : []),
    ...(given === 'jwks-url' ? [`The URL as a vendor's machine sees it: jwksd check ${url} --vendor ${preset}`] : []),
    `A token for it: jwksd sign --profile ${profile}`
  ]
  return `At ${title}:
${own.join('') || 'nothing more is known than the message says\n'}${sources && `Questions of the message: ${sources}\n`}
Then here:
${after.map((text, i) => `${i + 1}. ${text}\n`).join('')}`
}
