// The pages of both listeners as HTML: what they say, to whom, and that nothing hostile or secret gets through.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import type { Fault } from '../../../src/core/errors.ts'
import { makeApiKey } from '../../../src/core/clients/api-key.ts'
import type { ConsumerFetches } from '../../../src/core/keys/fetches.ts'
import { formatTime } from '../../../src/core/time.ts'
import { writeLedgerFile } from '../../../src/observe/ledger-file.ts'
import { deploy } from '../../support/deployment.ts'
import { privatePem } from '../../support/keys.ts'
import { addClients, NOW, openInternalListener, openListener } from '../../support/listener.ts'
import { postSign } from '../../support/request.ts'

const HOUR = 3600
const INTERNAL = { sign: { listen: '127.0.0.1:0' } }
const dated = (activates: number, more = ''): string => `# activates: ${formatTime(activates)}\n${more}${privatePem('P-256')}`
const HOSTILE = '<img/src=x>"\'&`$(x)'

/** Texts of the elements with a tag, without the tags in them. */
const textsOf = (page: string, tag: string): string[] =>
  [...page.matchAll(new RegExp(`<${tag}[ >][^]*?</${tag}>`, 'g'))].map(([text]) => text.replaceAll(/<[^>]+>/g, ''))

t.test('the page of the internal listener', async t => {
  const rsa = (activates: number, kid: string): string => `# activates: ${formatTime(activates)}\n# kid: ${kid}\n${privatePem('RSA')}`
  const deployment = await deploy(t, {
    keys: {
      'ecw/a.pem': dated(NOW - 90 * 24 * HOUR),
      'ecw/b.pem': dated(NOW + 30 * HOUR),
      'cdata/a.pem': rsa(NOW - 24 * HOUR, 'cdata-1'),
      'cdata/b.pem': rsa(NOW + 40 * HOUR, 'cdata-2'),
      'gone/a.pem': dated(NOW - 9, `# revoked: ${formatTime(NOW)}\n# kid: revoked-kid\n`),
      'gone/old.pem': dated(NOW - 9 * HOUR)
    },
    config: {
      ...INTERNAL,
      url: 'https://jwks.example.org',
      sets: { ecw: { rotation: { every: '90d' } }, cdata: { alg: 'RS256' }, default: { include: ['ecw'] } },
      profiles: {
        plain: { preset: 'jwt', set: 'ecw' },
        cdata: { preset: 'cdata-connect-ai', set: 'cdata', claims: { iss: 'parent' } }
      }
    }
  })
  const { id, sha256 } = makeApiKey()
  await addClients(deployment.file, { report: { auth: [{ apiKey: { id, sha256, expires: '2099-01-01' } }], profiles: [] } })
  const time = { now: NOW }
  const { fetch, origin } = await openInternalListener(t, deployment, time)
  await postSign(fetch, origin, deployment.apiKey, {})
  await postSign(fetch, origin, deployment.apiKey, { profile: 'unknown' })
  await postSign(fetch, origin, 'nonsense', {})
  const { text } = await fetch(`${origin}/`)
  t.match(textsOf(text, 'h1'), [/^All well\. Next: the new ecw key signs .* UTC \(in 30 h\)\.$/])
  t.strictSame(textsOf(text, 'h2'), ['cdata', 'ecw', 'gone', 'Clients in the last hour', 'Checks', 'Server'])
  t.match(text, /max-age 10m · lead 30h · retire 1d · rotated every 90d/)
  t.match(text, /https:\/\/jwks\.example\.org\/ecw\/\.well-known\/jwks\.json[^]*https:\/\/jwks\.example\.org\/\.well-known\/jwks\.json/, 'every URL of a set')
  t.match(textsOf(text, 'tr').join('\n'), /a\.pem[^]*ES256active[^]*signs until .* \(in 30 h\)/)
  t.match(text, /revoked-kid[^]*<span class="badge compromised">compromised/)
  t.match(text, /CData Connect AI: by hand, as PEM[^]*Send the new key before <time[^]*jwksd export cdata-2 --pem/)
  t.match(text, /JSON Web Token \(RFC 7519\): fetches the URL/)
  t.match(text, /jwksd rotate ecw/)
  t.match(text, /jwksd revoke cdata-2/)
  t.notMatch(text, /jwksd revoke revoked-kid|<form/)
  t.match(textsOf(text, 'tr').join('\n'), /^app11 ERR_FORBIDDEN 1–\nreport00Thu 1 Jan 2099 00:00 UTC \(in \d+ days\)\nnot authenticated01 ERR_UNAUTHENTICATED 1–$/m)
  t.match(text, /<h2 id="checks">[^]*<span class="badge (?:warning|fault)">[^]*<summary>\d+ in order<\/summary>[^]*<span class="badge ok">/)
  t.match(text, /Certificate, internal<\/dt><dd>expires /)

  time.now += 41 * HOUR
  t.match((await fetch(`${origin}/`)).text, /Has to have the key: [^]*jwksd export cdata-2 --pem/)
})

t.test('what is wrong: failures of the server, and a certificate that expires soon', async t => {
  const deployment = await deploy(t, { config: { ...INTERNAL, clients: {}, profiles: {} } })
  const time = { now: NOW }
  const { fetch, origin } = await openInternalListener(t, deployment, time, {
    reload: [{ where: 'keys/<bad>.pem', problem: 'there is no PEM block', hint: 'remove it' }]
  })
  const { text } = await fetch(`${origin}/`)
  t.match(textsOf(text, 'h1'), ['keys/&lt;bad&gt;.pem: there is no PEM block.'])
  t.match(text, /<title>⚠ jwksd: localhost<\/title>[^]*What is wrong[^]*remove it/)
  t.match(text, /There are no clients/)
  time.now += 360 * 24 * HOUR
  t.match(textsOf((await fetch(`${origin}/`)).text, 'h1'), [/^keys.*\(and 1 more, below\)\.$/])
  t.match((await fetch(`${origin}/`)).text, /certificate of the internal listener<\/strong>: expires/)
})

t.test('who has fetched a set, from the ledger', async t => {
  const keys = { 'a.pem': dated(NOW - HOUR, '# kid: old\n'), 'b.pem': dated(NOW + 30 * HOUR, '# kid: new\n') }
  const show = async (fetches: Array<Partial<ConsumerFetches>>, config: object, more = keys): Promise<string[]> => {
    const deployment = await deploy(t, { keys: more, config: { ...INTERNAL, ledger: { file: 'ledger.json' }, ...config } })
    const base = { set: 'default', first: NOW - HOUR, last: NOW - 60, etag: '"e"', count: 7 }
    await writeLedgerFile(path.join(deployment.directory, 'ledger.json'), fetches.map(one => ({ ...base, ...one }) as ConsumerFetches))
    const { fetch, origin } = await openInternalListener(t, deployment, { now: NOW })
    const { text } = await fetch(`${origin}/`)
    return [...textsOf(text, 'p'), ...textsOf(text, 'tr'), ...textsOf(text, 'h3')].map(one => one.trim())
  }
  const consumers = { epic: { set: 'default', userAgent: 'epic' }, slow: { set: 'default', userAgent: 'slow' } }
  const strangers = Array.from({ length: 12 }, (_, i) => ({ consumer: `203.0.${i}.0/24 <b>`, last: NOW - 100 - i, kids: new Map() }))
  const rows = await show([{ consumer: 'epic', kids: new Map([['old', NOW - 90], ['new', NOW - HOUR]]) }, ...strangers], { consumers })
  t.match(rows.join('\n'), /^epic\w{3} .* \(60 s ago\)7has it since .* UTC\nslownever0–\n203\.0\.0\.0\/24 &lt;b&gt;a stranger: not among the consumers.*lacks it new$/m)
  t.match(rows.join('\n'), /^and 2 other strangers before$/m)
  t.ok((await show([], {})).includes('Nobody yet.'))
  const revoked = { 'a.pem': `# revoked: ${formatTime(NOW)}\n${privatePem('P-256')}`, 'b.pem': keys['b.pem'] }
  t.match((await show([{ consumer: 'x', kids: new Map() }], { consumers: undefined }, revoked)).join('\n'), /^x.*lacks it new$/m)
  t.notMatch((await show([], { ledger: undefined })).join(), /fetched/)
})

t.test('a set without a key that may be sent', async t => {
  const deployment = await deploy(t, {
    keys: { 'a.pem': `# revoked: ${formatTime(NOW)}\n${privatePem('RSA')}` },
    config: {
      ...INTERNAL, ledger: { file: 'ledger.json' }, sets: { default: { alg: 'RS256' } }, profiles: { cdata: { preset: 'cdata-connect-ai', claims: { iss: 'i' } } }
    },
    client: { profiles: ['cdata'] }
  })
  await writeLedgerFile(path.join(deployment.directory, 'ledger.json'), [{ consumer: 'x', set: 'default', first: 1, last: NOW, count: 1, etag: '""', kids: new Map() }])
  const { fetch, origin } = await openInternalListener(t, deployment, { now: NOW })
  const { text } = await fetch(`${origin}/`)
  t.match(textsOf(text, 'tr').join('\n'), /^x.*1–$/m)
  t.match(text, /by hand, as PEM <span class="quiet">profile cdata<\/span><\/li>/)
})

t.test('a held key: whom it waits for, until when, and what comes then', async t => {
  const held = (since: number): string => `# activates: held since ${formatTime(since)}, not before ${formatTime(since + 30 * HOUR)}\n# kid: held-kid\n${privatePem('P-256')}`
  const show = async (since: number, has: string[], deadline = '14d'): Promise<string> => {
    const deployment = await deploy(t, {
      keys: { 'a.pem': dated(NOW - 90 * 24 * HOUR), 'b.pem': held(since) },
      config: {
        ...INTERNAL,
        ledger: { file: 'ledger.json' },
        sets: { default: { gate: { consumers: ['epic', 'slow'], deadline } } },
        consumers: { epic: { set: 'default', userAgent: 'epic' }, slow: { set: 'default', userAgent: 'slow' } }
      }
    })
    const fetches = has.map(consumer => ({ consumer, set: 'default', first: since, last: NOW, count: 1, etag: '"e"', kids: new Map([['held-kid', since]]) }))
    await writeLedgerFile(path.join(deployment.directory, 'ledger.json'), fetches)
    const { fetch, origin } = await openInternalListener(t, deployment, { now: NOW })
    const { text } = await fetch(`${origin}/`)
    return [textsOf(text, 'title')[0], ...textsOf(text, 'h1'), ...textsOf(text, 'p').filter(one => one.startsWith('held '))].join('\n')
  }
  t.match(await show(NOW - HOUR, ['epic']), /^jwksd: localhost\nAll well\. The new default key is held: slow lacks it\.\nheld held-kid since .*: slow lacks it \(has not fetched the set yet\); deadline .* \(in 14 days\)\.$/)
  t.match(await show(NOW - HOUR, ['epic', 'slow']), /^held .*its lead ends .* \(in 29 h\)\.$/m)
  t.match(await show(NOW - 31 * HOUR, ['epic', 'slow']), /^held .*: the next rotation gives it its date\.$/m)
  t.match(await show(NOW - 40 * HOUR, [], '35h'), /^⚠ jwksd: localhost\ndefault: the new key is held past its deadline: .*\nheld .*: epic lacks it .*, slow lacks it .*; deadline .* \(5 h ago\)\.$/)
})

t.test('a set that nothing signs with is a problem, said once', async t => {
  const deployment = await deploy(t, { keys: { 'a.pem': dated(NOW + HOUR) }, config: INTERNAL })
  const say = async (failures: Record<string, Fault[]>): Promise<string> => {
    const { fetch, origin } = await openInternalListener(t, deployment, { now: NOW }, failures)
    return textsOf((await fetch(`${origin}/`)).text, 'h1')[0]!
  }
  t.equal(await say({}), 'default: no ES256 key signs now.')
  t.equal(await say({ keys: [{ where: 'plain', problem: 'cannot sign', hint: 'wait' }] }), 'plain: cannot sign.')
})

t.test('hostile kids are texts everywhere, and commands with them are safe in a shell', async t => {
  const deployment = await deploy(t, { keys: { 'a.pem': `# kid: ${HOSTILE}\n${privatePem('P-256')}` }, config: INTERNAL })
  const { fetch, origin } = await openInternalListener(t, deployment, { now: NOW })
  const { text } = await fetch(`${origin}/`)
  t.notMatch(text, /<img/)
  t.match(text, /data-copy="&lt;img\/src=x&gt;&quot;&#39;&amp;`\$\(x\)"/)
  t.match(text, /<code>jwksd revoke &#39;&lt;img\/src=x&gt;&quot;&#39;\\&#39;&#39;&amp;`\$\(x\)&#39;<\/code>/)
})

t.test('the page shows no secret and loads nothing from elsewhere', async t => {
  const deployment = await deploy(t, { config: INTERNAL })
  const { fetch, origin } = await openInternalListener(t, deployment, { now: NOW })
  t.equal((await postSign(fetch, origin, deployment.apiKey, {})).status, 200)
  const page = await fetch(`${origin}/`)
  t.match(page, {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': /^default-src 'none';style-src 'self';script-src 'self';img-src 'self';/,
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff'
    }
  })
  t.notMatch(page.headers['content-security-policy'], /unsafe|https?:|data:/)
  t.notMatch(page.text, / style=|<style|<script>|javascript:| on\w+=/)
  const config = await readFile(deployment.file, 'utf8')
  const secrets = [deployment.apiKey, /sha256: (\S+)/.exec(config)![1]!, ...(await readFile(`${deployment.keys}/default.pem`, 'utf8')).split('\n').slice(1, -2)]
  for (const secret of secrets) t.notOk(page.text.includes(secret))
  const links = [...page.text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link!)
  t.ok(links.length > 5 && links.every(link => /^[/#](?!\/)/.test(link)), links.join(' '))
  for (const link of links.filter(one => one.startsWith('/page.'))) {
    const asset = await fetch(origin + link)
    t.match(asset, { status: 200, headers: { 'cache-control': /immutable/, 'content-type': /^(text\/css|text\/javascript|image\/svg\+xml)/ } }, link)
    t.notMatch(asset.text, /@import|url\(|innerHTML|eval/)
  }
  t.match(await fetch(`${origin}/`, { method: 'HEAD' }), { status: 200, text: '' })
  t.match(await fetch(`${origin}/`, { method: 'POST' }), { status: 405, headers: { allow: 'GET, HEAD' } })
})

t.test('the public page has public facts only, and no page is there without publicPage', async t => {
  const keys = { 'ecw/secret-name.pem': dated(NOW - 90 * 24 * HOUR), 'ecw/b.pem': dated(NOW + 30 * HOUR), 'ecw/c.pem': dated(NOW + 31 * HOUR, `# revoked: ${formatTime(NOW)}\n# kid: revoked-kid\n`) }
  const config = { url: 'https://jwks.example.org', sign: { listen: 'public' }, profiles: { private: { preset: 'jwt', set: 'ecw' } }, clients: {} }
  const time = { now: NOW }
  const { fetch, origin } = await openListener(t, await deploy(t, { keys, config: { ...config, publicPage: true } }), { time })
  const { status, text } = await fetch(`${origin}/`)
  t.equal(status, 200)
  t.match(textsOf(text, 'h1'), [/^Next: the new ecw key signs .* \(in 30 h\)\.$/])
  t.match(text, /https:\/\/jwks\.example\.org\/ecw\/\.well-known\/jwks\.json/)
  t.notMatch(text, /secret-name|private|revoked-kid|Vendors|Commands|Server|clients/i)
  t.match(await fetch(`${origin}/page.css`), { status: 200 })
  t.equal((await fetch(`${origin}/`)).text, text)
  time.now += HOUR
  t.match(textsOf((await fetch(`${origin}/`)).text, 'h1'), [/\(in 29 h\)\.$/])

  const without = await openListener(t, await deploy(t, { keys, config }))
  t.match(await without.fetch(`${without.origin}/`), { status: 404 }, 'nor do operators get theirs where anybody could read it')
  const localhost = await openListener(t, await deploy(t))
  t.match((await localhost.fetch(`${localhost.origin}/`)).text, /Commands/, 'on localhost, as in quickstart, they do')
})
