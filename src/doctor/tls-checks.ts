// Checks of TLS: what a vendor's machine, which trusts only public authorities, makes of the handshake and the certificate.

import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { explain } from './address-checks.ts'
import { type Check, faulty, ok, type Verdict, warning } from './checks.ts'
import { hostOf, type Observed, VERSIONS } from './probe.ts'

const DAY = 86400
const EXPIRES_SOON = 14 * DAY
/** Errors that other checks report, each by what it looks at. */
const OF_DATES = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']
const INCOMPLETE = ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_ISSUER_CERT']

const nameOf = (distinguished: string): string => distinguished.replaceAll('\n', ', ')

type JudgeChain = (chain: readonly X509Certificate[], seen: Observed, trustError: string | undefined) => Verdict | undefined

/** For checks of the certificate of every address: the first that is not well counts. Nothing to judge where none was seen. */
const onChain = (judge: JudgeChain): Check<Observed>['judge'] => seen => {
  const verdicts = seen.exchanges.flatMap(({ address, tls }) => {
    const verdict = tls && tls.chain.length > 0 ? judge(tls.chain, seen, tls.trustError) : undefined
    return verdict ? [seen.exchanges.length > 1 ? { ...verdict, seen: `${address}: ${verdict.seen}` } : verdict] : []
  })
  return verdicts.find(({ level }) => level !== 'ok') ?? verdicts[0]
}

export const TLS_CHECKS: ReadonlyArray<Check<Observed>> = [
  {
    name: 'tls-handshake',
    looksAt: 'a TLS handshake succeeds on every address',
    why: 'without it nothing can be fetched',
    source: 'RFC 8446',
    judge: ({ exchanges }) => {
      const failed = exchanges.filter(({ failure }) => failure?.stage === 'tls')
      if (failed.length > 0) return faulty(failed.map(({ address, failure }) => `${address}: ${explain(failure!.code)}`).join('; '), 'look at the server\'s log and its TLS settings')
      const protocols = new Set(exchanges.flatMap(({ tls }) => tls?.protocol ?? []))
      return protocols.size > 0 ? ok([...protocols].join(', ')) : undefined
    }
  },
  {
    name: 'tls-versions',
    looksAt: 'TLS 1.2 and 1.3, nothing older',
    why: 'many vendors\' machines speak at most TLS 1.2, and their scanners report what is older',
    source: 'RFC 9325 section 3.1.1; RFC 8996',
    judge: ({ versions }) => {
      const spoken = VERSIONS.filter(version => versions[version])
      if (spoken.length === 0) return undefined
      const seen = spoken.map(version => version.replace('v', ' ')).join(', ')
      if (!versions['TLSv1.2'] && !versions['TLSv1.3']) return faulty(`only ${seen}`, 'turn on TLS 1.2 and 1.3')
      if (!versions['TLSv1.2']) return warning(`only ${seen}`, 'turn on TLS 1.2, too')
      return spoken[0] === 'TLSv1.2' ? ok(seen) : warning(seen, 'turn off what is older than TLS 1.2')
    }
  },
  {
    name: 'certificate-trust',
    looksAt: 'a chain to a public authority, or to that of --ca',
    why: 'a vendor\'s machine trusts only the authorities that it knows',
    source: 'RFC 5280 section 6',
    judge: onChain((chain, { ownCa }, error) => {
      const issuer = nameOf(chain.at(-1)!.issuer)
      if (error === undefined) return ok(`issued by ${nameOf(chain[0]!.issuer)}`)
      if ([...OF_DATES, ...INCOMPLETE].includes(error)) return undefined
      if (error === 'DEPTH_ZERO_SELF_SIGNED_CERT') return faulty('the certificate signs itself', 'get one from a public authority, such as Let\'s Encrypt')
      if (error === 'SELF_SIGNED_CERT_IN_CHAIN') return faulty(`the chain ends at ${issuer}, which is not ${ownCa ? 'in the file of --ca' : 'a public authority'}`, 'get a certificate from a public authority, or name its own with --ca')
      return faulty(`the chain is not valid (${error})`, 'get a new certificate from a public authority')
    })
  },
  {
    name: 'missing-intermediate',
    looksAt: 'every intermediate certificate is sent',
    why: 'browsers find a missing one elsewhere, vendors\' machines do not: the commonest reason of "URL unreachable"',
    source: 'RFC 8446 section 4.4.2',
    judge: onChain((chain, _seen, error) => INCOMPLETE.includes(error ?? '')
      ? faulty(`the chain ends at the issuer ${nameOf(chain.at(-1)!.issuer)}, which is not sent and no known root`,
        'serve the full chain (fullchain.pem), not only the certificate; for an authority of your own use --ca')
      : error === undefined ? ok(`${chain.length} sent`) : undefined)
  },
  {
    name: 'certificate-name',
    looksAt: 'a subject alternative name that covers the host',
    why: 'clients compare the host with the names of the certificate; the common name does not count',
    source: 'RFC 9525 section 6',
    judge: onChain(([leaf], { url }) => {
      const host = hostOf(url)
      const matches = isIP(host) ? leaf!.checkIP(host) : leaf!.checkHost(host, { subject: 'never' })
      const names = leaf!.subjectAltName ?? 'no name'
      return matches ? ok(names) : faulty(`${host} is not covered: the certificate has ${names}`, `get a certificate with the subject alternative name ${host}`)
    })
  },
  {
    name: 'certificate-dates',
    looksAt: 'every certificate of the chain is valid now and for two more weeks',
    why: 'an expired certificate stops every fetch',
    source: 'RFC 5280 section 4.1.2.5',
    judge: onChain((chain, { now }) => {
      const dates = chain.map(one => ({ one, from: Date.parse(one.validFrom) / 1000, to: Date.parse(one.validTo) / 1000 }))
      const wrong = dates.find(({ from, to }) => now < from || now > to)
      const leaf = dates[0]!
      if (wrong) {
        return faulty(`${nameOf(wrong.one.subject)}: ${now > wrong.to ? `expired on ${wrong.one.validTo}` : `valid only from ${wrong.one.validFrom}`}`,
          now > wrong.to ? 'renew it' : 'check the clocks of this machine and of the authority')
      }
      return leaf.to - now < EXPIRES_SOON ? warning(`expires on ${leaf.one.validTo}`, 'renew it') : ok(`until ${leaf.one.validTo}`)
    })
  },
  {
    name: 'certificate-key',
    looksAt: 'RSA from 2048 bits on, or a NIST curve',
    why: 'clients refuse weaker keys, and many do not know Ed25519 in certificates',
    source: 'CA/Browser Forum Baseline Requirements, section 6.1.5',
    judge: onChain(([leaf]) => {
      const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength, namedCurve } = {} } = leaf!.publicKey
      if (type === 'rsa') return modulusLength! < 2048 ? faulty(`RSA with ${modulusLength} bits`, 'get a certificate for a key of at least 2048 bits') : ok(`RSA with ${modulusLength} bits`)
      const known = type === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve!)
      return known ? ok(`EC on ${namedCurve}`) : faulty(`${type}${namedCurve ? ` on ${namedCurve}` : ''}`, 'get a certificate for an RSA key or one on P-256')
    })
  },
  {
    name: 'no-sni',
    looksAt: 'a client that does not send the name (SNI) gets the same certificate',
    why: 'old clients and some proxies send no SNI',
    source: 'RFC 6066 section 3',
    judge: ({ variants: { noSni }, main }) => {
      if (!noSni) return undefined
      const hint = 'make this certificate the default one of the server'
      if (noSni.failure) return warning(explain(noSni.failure.code), hint)
      const same = noSni.tls!.chain[0]?.fingerprint256 === main!.tls!.chain[0]?.fingerprint256
      return same ? ok('the same certificate') : warning('another certificate', hint)
    }
  }
]
