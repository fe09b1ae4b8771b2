// Checks of how the requests of other clients are answered.

import { explain } from './address-checks.ts'
import { type Check, faulty, ok, type Verdict, warning } from './checks.ts'
import type { Exchange } from './connect.ts'
import { describePage, isPage } from './firewalls.ts'
import type { Observed, Variant } from './probe.ts'

/** What is wrong with an answer that should be the set, or undefined. */
function describeWrong ({ answer, failure }: Exchange): string | undefined {
  if (!answer) return explain(failure!.code)
  if (isPage(answer)) return `${answer.status}, ${describePage(answer)}`
  return answer.status === 200 ? undefined : String(answer.status)
}

/** Verdict over requests that must be answered as the main one is. What only shows that the server is busy is a warning. */
function judgeVariants (seen: Observed, variants: Partial<Record<Variant, string>>, fail: (seen: string) => Verdict): Verdict | undefined {
  const tried = Object.entries(variants).flatMap(([variant, name]) => {
    const exchange = seen.variants[variant as Variant]
    return exchange ? [{ name, exchange, wrong: describeWrong(exchange) }] : []
  })
  if (tried.length === 0) return undefined
  const bad = tried.find(({ wrong }) => wrong !== undefined)
  if (!bad) return ok('200')
  const text = `${bad.name}: ${bad.wrong}`
  const busy = bad.exchange.failure?.code === 'TIMEOUT' || bad.exchange.answer?.status === 429
  return busy ? warning(text, 'run the check again: the server was busy or limits requests') : fail(text)
}

export const CLIENT_CHECKS: ReadonlyArray<Check<Observed>> = [
  {
    name: 'etag',
    looksAt: '304 for the ETag that was sent, and never for another',
    why: 'a client with a wrong 304 keeps its old keys for ever',
    source: 'RFC 9110 section 13.1.2',
    judge: ({ main, variants: { sameEtag, otherEtag } }) => {
      if (otherEtag?.answer?.status === 304) return faulty('304 for an ETag that was never sent', 'correct the comparison of If-None-Match, or send no ETag')
      if (!otherEtag) return undefined
      const etag = main!.answer!.headers.etag
      if (etag === undefined) return ok('no ETag')
      return sameEtag?.answer?.status === 200 ? warning(`${etag}, but 200 where it is sent back`, 'answer 304, or send no ETag') : ok(etag)
    }
  },
  {
    name: 'empty-user-agent',
    looksAt: 'the set for a client with an empty User-Agent',
    why: 'node-oidc-provider sends an empty one, which some firewalls block',
    source: 'node-oidc-provider, lib/helpers/request.js',
    judge: seen => judgeVariants(seen, { emptyUserAgent: 'with an empty User-Agent' }, wrong => faulty(wrong, 'exempt the path from the firewall\'s rule for User-Agent'))
  },
  {
    name: 'accept',
    looksAt: 'the set whatever Accept says',
    why: 'clients ask for application/json, application/jwk-set+json, everything or nothing; a 406 stops them',
    source: 'RFC 9110 section 15.5.7',
    judge: seen => judgeVariants(seen, {
      noAccept: 'without Accept', anyAccept: 'Accept: */*', jwkSetAccept: 'Accept: application/jwk-set+json'
    }, wrong => faulty(wrong, 'send application/json whatever Accept says'))
  },
  {
    name: 'http-1-0',
    looksAt: 'the set for an HTTP/1.0 client',
    why: 'simple clients and proxies speak HTTP/1.0',
    source: 'RFC 9110 section 2.5',
    judge: seen => judgeVariants(seen, { http10: 'HTTP/1.0' }, wrong => warning(wrong, 'accept HTTP/1.0'))
  },
  {
    name: 'head',
    looksAt: '200 for HEAD',
    why: 'monitors and some vendors\' support test a URL with HEAD',
    source: 'RFC 9110 section 9.3.2',
    judge: seen => judgeVariants(seen, { head: 'HEAD' }, wrong => warning(wrong, 'answer HEAD as GET, without the body'))
  }
]
