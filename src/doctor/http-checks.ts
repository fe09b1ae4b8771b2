// Checks of the answer to a SMART server's request.

import { explain } from './address-checks.ts'
import { type Check, faulty, ok, type Verdict, warning } from './checks.ts'
import { type Answer, MAX_BODY } from './connect.ts'
import { describePage, isPage, isUsable } from './firewalls.ts'
import type { Observed } from './probe.ts'

const KB = 1024

/** For checks of the main answer: nothing to judge where there is none. */
const onAnswer = (judge: (answer: Answer) => Verdict | undefined) => ({ main }: Observed): Verdict | undefined =>
  main?.answer && judge(main.answer)

/** For checks of a usable answer: a redirect, an error or a page has its own finding. */
const onSuccess = (judge: (answer: Answer) => Verdict | undefined): ReturnType<typeof onAnswer> =>
  onAnswer(answer => isUsable(answer) ? judge(answer) : undefined)

export const HTTP_CHECKS: ReadonlyArray<Check<Observed>> = [
  {
    name: 'http-answer',
    looksAt: 'every address sends a complete HTTP answer',
    why: 'a client gives up on what is not HTTP',
    source: 'RFC 9112',
    judge: ({ exchanges }) => {
      const failed = exchanges.filter(({ failure }) => failure?.stage === 'http')
      if (failed.length > 0) return faulty(failed.map(({ address, failure }) => `${address}: ${explain(failure!.code)}`).join('; '), 'look at the server\'s log')
      const answers = exchanges.flatMap(({ answer }) => answer ?? [])
      return answers.length > 0 ? ok(answers.map(({ status }) => String(status)).join(', ')) : undefined
    }
  },
  {
    name: 'redirect',
    looksAt: 'no redirect',
    why: 'Epic and jose follow none, so the set counts as unreachable',
    source: 'jose createRemoteJWKSet; reports of Epic\'s users',
    judge: onAnswer(({ status, headers }) => status >= 300 && status < 400
      ? faulty(`${status} to ${(headers.location ?? 'nowhere').replace(/[?#].*/s, '')}`, 'register the URL at the end of the redirect, or serve the set here')
      : ok('none'))
  },
  {
    name: 'challenge-page',
    looksAt: 'JSON, not a page of a firewall, a login or an error',
    why: 'a vendor\'s machine solves no challenge and fills in no form',
    source: 'RFC 7517 section 5',
    judge: onAnswer(answer => isPage(answer)
      ? faulty(`${answer.status}, ${describePage(answer)}`, 'exempt the path from the firewall\'s bot check, login or challenge, for every client')
      : ok('no page'))
  },
  {
    name: 'status',
    looksAt: 'status 200 without authentication',
    why: 'clients take only 200',
    source: 'SMART App Launch 2.2, client-confidential-asymmetric; jose createRemoteJWKSet',
    judge: onAnswer(answer => {
      const { status } = answer
      if ((status >= 300 && status < 400) || isPage(answer)) return undefined
      if (status === 401 || status === 403) return faulty(String(status), 'let every client read the path without authentication')
      return status === 200 ? ok('200') : faulty(String(status), status === 404 ? 'correct the path' : 'look at the server\'s log')
    })
  },
  {
    name: 'speed',
    looksAt: 'an answer within 2.5 s, better 0.5 s, over a new connection',
    why: 'node-oidc-provider waits 2.5 s, Nimbus 0.5 s to connect and as long to read',
    source: 'node-oidc-provider httpOptions; Nimbus DefaultResourceRetriever',
    judge: onSuccess(({ ms }) => {
      if (ms <= 500) return ok(`${ms} ms`)
      return (ms > 2500 ? faulty : warning)(`${ms} ms`, 'serve the set from memory, near the vendor or from a CDN')
    })
  },
  {
    name: 'content-type',
    looksAt: 'Content-Type: application/json',
    why: 'clients that choose a reader by the type fail at others; application/jwk-set+json broke some',
    source: 'RFC 7517 section 8.5.2; SMART App Launch 2.2',
    judge: onSuccess(({ headers }) => {
      const type = headers['content-type'] ?? 'none'
      if (/^application\/json\s*(;|$)/i.test(type)) return ok(type)
      return (/^application\/[\w.-]+\+json\s*(;|$)/i.test(type) ? warning : faulty)(type, 'send Content-Type: application/json')
    })
  },
  {
    name: 'compression',
    looksAt: 'no compression for a client that asks for none',
    why: 'such a client cannot read it',
    source: 'RFC 9110 section 12.5.3',
    judge: onSuccess(({ headers }) => headers['content-encoding'] ? faulty(headers['content-encoding'], 'turn compression off for the path') : ok('none'))
  },
  {
    name: 'size',
    looksAt: 'at most 50 KB',
    why: 'Nimbus reads at most 50 KB, an AWS load balancer 150 KB',
    source: 'Nimbus DefaultResourceRetriever; AWS Elastic Load Balancing, JWT verification',
    judge: onSuccess(({ body, complete }) => {
      const seen = complete ? `${body.length} bytes` : `more than ${MAX_BODY} bytes`
      if (body.length > 150 * KB) return faulty(seen, 'publish fewer keys, and only their public members')
      return body.length > 50 * KB ? warning(seen, 'publish fewer keys, or no certificates (x5c) in them') : ok(seen)
    })
  },
  {
    name: 'cache-control',
    looksAt: 'Cache-Control with a max-age from 1 min to 24 h',
    why: 'without it clients choose their own times (Epic 29 h); with no-store some fetch for every token, with a long one a revoked key stays trusted',
    source: 'SMART App Launch 2.2, client-confidential-asymmetric; RFC 9111; Epic on FHIR, JWK Set URLs',
    judge: onSuccess(({ headers: { 'cache-control': seen = '' } }) => {
      const age = Number(/(?:^|[\s,])max-age="?(\d+)/i.exec(seen)?.[1])
      const fits = age >= 60 && age <= 86400 && !/\bno-(store|cache)\b/i.test(seen)
      return fits ? ok(seen) : warning(seen || 'none', 'send Cache-Control: public, max-age=600')
    })
  },
  {
    name: 'cookies',
    looksAt: 'no cookie',
    why: 'caches keep no answer with a cookie, and clients send none back',
    source: 'RFC 9111 section 7.3',
    judge: onAnswer(({ headers }) => headers['set-cookie']
      ? warning(headers['set-cookie'].map(cookie => cookie.split('=')[0]!).join(', '), 'set no cookie on the path')
      : ok('none'))
  }
]
