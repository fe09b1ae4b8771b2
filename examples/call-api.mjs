// Calls APIs with an access token that is obtained with a client assertion of jwksd. Node.js only.
// Usage: node call-api.mjs https://api.example.com/Patient/1 ...     (environment: see README.md)
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const { JWKSD_SIGN_URL, JWKSD_API_KEY_FILE, JWKSD_CA, JWKSD_PROFILE, TOKEN_ENDPOINT, SCOPE } = process.env
const TIMEOUT = 10_000 // milliseconds, for each request
const ATTEMPTS = 4
const LONGEST_WAIT = 30 // seconds: where Retry-After asks for more, give up
const MARGIN = 30_000 // milliseconds: how long before its end an access token is replaced

const toJwksd = new Agent({ ca: readFileSync(JWKSD_CA), keepAlive: true })
const toPublic = new Agent({ keepAlive: true })

/** One request, without redirects. Any status but 2xx is an error with `status` and `retryAfter`. */
async function send (url, { body, ...options }) {
  const answer = await new Promise((resolve, reject) => {
    request(url, { signal: AbortSignal.timeout(TIMEOUT), ...options }, resolve).on('error', reject).end(body)
  })
  const text = (await answer.setEncoding('utf8').toArray()).join('')
  if (answer.statusCode >= 200 && answer.statusCode < 300) return text
  throw Object.assign(new Error(`${url}: ${answer.statusCode} ${text}`), { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after']) })
}

/** Repeats what was answered by 429 or 503, after the time that the server asks for. Other errors are final. */
async function withRetry (action, attempt = 1) {
  try {
    return await action()
  } catch (error) {
    const wait = error.retryAfter || attempt
    if (![429, 503].includes(error.status) || attempt === ATTEMPTS || wait > LONGEST_WAIT) throw error
    await sleep(wait * 1000)
    return await withRetry(action, attempt + 1)
  }
}

/** The client assertion for the profile. */
async function sign () {
  // Read for each request: a mounted secret changes in place.
  const apiKey = (await readFile(JWKSD_API_KEY_FILE, 'utf8')).trim()
  return await send(JWKSD_SIGN_URL, {
    method: 'POST',
    agent: toJwksd,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', accept: 'application/jwt' },
    body: JSON.stringify({ profile: JWKSD_PROFILE })
  })
}

/** RFC 7523 section 2.2. An assertion can be used once: each attempt signs a new one. */
async function requestAccessToken () {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: SCOPE,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await sign()
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const askedAt = Date.now()
  const answer = JSON.parse(await send(TOKEN_ENDPOINT, { method: 'POST', agent: toPublic, headers, body: form.toString() }))
  return { value: answer.access_token, renewAt: askedAt + (answer.expires_in ?? 0) * 1000 - MARGIN }
}

let kept = { renewAt: 0 }

/** The access token, kept until shortly before its end. Callers at the same time share one request. */
async function getAccessToken () {
  if (Date.now() >= kept.renewAt) {
    const requested = withRetry(requestAccessToken)
    kept = { renewAt: Infinity, requested }
    requested.then(token => { kept = { ...token, requested } }, () => { kept = { renewAt: 0 } })
  }
  return (await kept.requested).value
}

try {
  for (const url of process.argv.slice(2)) {
    const headers = { authorization: `Bearer ${await getAccessToken()}` }
    console.log(await withRetry(() => send(url, { agent: toPublic, headers })))
  }
} catch (error) {
  console.error(`error: ${error.message}`)
  process.exitCode = 1
} finally {
  toJwksd.destroy()
  toPublic.destroy()
}
