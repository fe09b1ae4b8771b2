// jwksd sign: signs from the shell with the same keys, policy and audit log as POST /sign, without a server.

import { randomUUID } from 'node:crypto'
import { Command, Option } from 'commander'
import { fault, FaultsError, RequestError } from '../core/errors.ts'
import { didYouMean } from '../core/near-match.ts'
import { checkSignBody } from '../http/sign.ts'
import { parseStrictJson } from '../http/strict-json.ts'
import { makeSigner } from '../signing/signer.ts'
import { load } from '../state/load.ts'
import { Audit } from '../observe/audit.ts'
import { argument } from './argument.ts'
import { type Io, needConfig, readAll } from './io.ts'
import { parseDuration } from '../core/time.ts'

/** Where audit records go without a file: standard output is only for the token. */
const STDERR = 2

/** What to do about what no request is to blame for, by code. */
const HELP: Record<string, string> = { ERR_NO_ACTIVE_KEY: 'what to do says: jwksd status' }

interface Options { config?: string, client?: string, profile?: string, claims?: string, payload?: string, ttl?: number, json?: true }

export function signCommand (io: Io): Command {
  return new Command('sign')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--client <name>', 'the client in whose name to sign (default: the only one)')
    .option('--profile <name>', 'profile (default: the client\'s only one)')
    .option('--claims <json>', 'claims as JSON, or - to read them from standard input (default: none)')
    .addOption(new Option('--payload <text>', 'a text to sign as it stands, or - to sign the bytes of standard input').conflicts('claims'))
    .option('--ttl <duration>', 'life of the token, for instance 240s or 4m', argument(parseDuration))
    .option('--json', 'the whole result as JSON')
    .action(async (options: Options) => { await sign(io, options) })
}

async function sign (io: Io, { config: option, client: asked, profile, claims, payload, ttl, json }: Options): Promise<void> {
  const { env, clock, stdout, stdin } = io
  const { config, snapshot } = await load({ file: needConfig(option, env), env, now: clock(), listeners: 'both', tls: false })
  const { clients } = snapshot.policy
  const client = clients.get(asked ?? (clients.size === 1 ? [...clients.keys()][0]! : ''))
  if (!client) {
    const names = `name one of: ${[...clients.keys()].join(', ')}`
    throw asked ? fault('--client', `there is no client "${asked}"`, didYouMean(asked, clients.keys(), names)) : fault('--client', 'is needed', names)
  }
  const read = async (text: string): Promise<Buffer> => text === '-' ? await readAll(stdin) : Buffer.from(text)
  const audit = new Audit(config.audit?.file ?? STDERR, { clock, sync: config.audit?.sync ?? 'none', isGuest: true })
  const signer = makeSigner({ current: () => snapshot, audit, clock })
  const caller = { client, auth: 'shell', request: randomUUID() } as const
  try {
    const what = payload === undefined
      ? { claims: claims === undefined ? undefined : parseStrictJson(await read(claims), '--claims') }
      : { payload_b64u: (await read(payload)).toString('base64url') }
    const body = { profile, ...what, ttl }
    const request = checkSignBody(Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)))
    const issued = await signer.sign(caller, request)
    stdout.write((json ? JSON.stringify(issued) : issued.token ?? JSON.stringify(issued.jws)) + '\n')
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    if (error.code === 'ERR_AUDIT' && audit.fault) throw new FaultsError([audit.fault])
    const { rule, source, hint } = error.details
    const help = error.message.startsWith('--claims') ? 'write a JSON object, for instance --claims \'{"sub":"me"}\'' : HELP[error.code] ?? 'see jwksd sign --help'
    throw fault(rule ?? error.code, error.message, [hint, source].filter(Boolean).join('; ') || help)
  } finally {
    await signer.close()
    audit.close()
  }
}
