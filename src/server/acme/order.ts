// One certificate from one authority: account, order, challenge, certificate (RFC 8555), by acme-client. Nothing is tried again
// here: renewal.ts decides when.

import { Agent } from 'node:https'
import { axios, Client, crypto } from 'acme-client'
import type { AcmeConfig } from '../../config/types.ts'
import { fault, FaultsError } from '../../core/errors.ts'
import { withoutSecrets } from '../../core/secrets.ts'
import { makeEcKey, readAccountKey } from '../../keystore/acme-files.ts'
import { readAuthorities } from '../../state/tls.ts'
import type { Challenge } from './challenge.ts'

/** PEM texts. */
export interface IssuedCertificate { readonly chain: string, readonly key: string }

/** Answers a challenge from now on; undefined: none. */
export type Answer = (challenge: Challenge | undefined) => Promise<void>

/** For one request to the authority (milliseconds). */
const REQUEST_TIMEOUT = 30_000
/** While the authority validates it is asked again after one second, then two, four and so on (milliseconds). */
const POLLS = { backoffMin: 1000, backoffMax: 30_000, backoffAttempts: 10 }
const LONGEST_TEXT = 400

/**
 * Orders a certificate with a new key.
 * @param config one authority and one host
 * @param wait called where the authority asks for a pause (Retry-After, seconds)
 * @throws FaultsError saying what the authority said
 */
export async function orderCertificate (config: AcmeConfig, answer: Answer, wait: (seconds: number) => void): Promise<IssuedCertificate> {
  const { directory, host, email, http01, ca } = config
  const agent = new ReportingAgent(ca === undefined ? {} : { ca: await readAuthorities(ca) })
  Object.assign(axios.defaults, { timeout: REQUEST_TIMEOUT, httpsAgent: agent, acmeSettings: { retryMaxAttempts: 0 } })
  const listening = axios.interceptors.response.use(response => {
    if ([429, 503].includes(response.status)) wait(Number(response.headers['retry-after']) || 0)
    return response
  })
  const type = http01 ? 'http-01' : 'tls-alpn-01'
  const [key, csr] = await crypto.createCsr({ altNames: [host] }, makeEcKey())
  const client = new Client({ directoryUrl: directory.href, accountKey: await readAccountKey(config.account), ...POLLS })
  const chain = await client.auto({
    csr,
    ...(email !== undefined && { email }),
    termsOfServiceAgreed: true, // config/tls.ts requires it
    skipChallengeVerification: true, // our own host may be out of reach from here
    challengePriority: [type],
    challengeCreateFn: async (authorization, challenge, keyAuthorization) => {
      if (challenge.type !== type) {
        throw fault(directory.href, `does not offer the challenge ${type}`, `it offers ${challenge.type}: choose with tls.acme.http01, or choose another authority`)
      }
      const { token } = challenge
      if (http01) return await answer({ type: 'http-01', listen: http01, token, keyAuthorization })
      const [proofKey, cert] = await crypto.createAlpnCertificate(authorization, keyAuthorization, makeEcKey())
      await answer({ type: 'tls-alpn-01', cert: String(cert), key: String(proofKey) })
    },
    challengeRemoveFn: async () => { await answer(undefined) }
  }).catch((error: Error) => {
    throw explain(error instanceof TypeError ? agent.reason : error, config)
  }).finally(() => { axios.interceptors.response.eject(listening) })
  return { chain, key: String(key) }
}

/** Why there was no answer: of that acme-client only says that the answer is undefined. */
class ReportingAgent extends Agent {
  reason = new Error('no answer in time')

  override createConnection (...options: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(...options)
    return socket?.once('error', error => { this.reason = error })
  }
}

function explain (error: Error, { directory, host, http01 }: AcmeConfig): FaultsError {
  if (error instanceof FaultsError) return error
  // What the authority says is foreign text.
  const said = withoutSecrets(error.message).replaceAll(/\p{Cc}+/gu, ' ').slice(0, LONGEST_TEXT)
  return fault(directory.href, `no certificate for ${host}: ${said}`, http01
    ? `the authority must be reachable, and port 80 of ${host} must lead to tls.acme.http01`
    : `the authority must be reachable, and port 443 of ${host} must lead to the public listener, without a TLS proxy in between`)
}
