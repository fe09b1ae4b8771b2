// The way of a new user: from the shipped example to a token that a vendor can verify, by the printed hints only. Each
// fault is met once; what a hint says is done to the letter, and no other knowledge is used.

import { copyFile, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { clientCommand } from '../../src/cli/client-key.ts'
import { exportCommand } from '../../src/cli/export.ts'
import type { Io } from '../../src/cli/io.ts'
import { keygenCommand } from '../../src/cli/keygen.ts'
import { signCommand } from '../../src/cli/sign.ts'
import { load } from '../../src/state/load.ts'
import { type CommandResult, runCommand } from '../support/command.ts'
import { NOW, openListener } from '../support/listener.ts'
import { type CertificateFiles, makeCertificate } from '../support/openssl.ts'
import { inRepository } from '../support/program.ts'
import { postSign } from '../support/request.ts'

/** The certificate is made during the test. */
const LATER = NOW + 60
const COMMANDS: Record<string, (io: Io) => Command> = { keygen: keygenCommand, client: clientCommand, sign: signCommand }
/** What the vendor gave: it stands in the place of each placeholder. */
const GIVEN = {
  'your-client-id': 'hospital-backend',
  'https://oauth.example.com/oauth2/token': 'https://login.vendor.org/oauth2/token'
}

t.test('from jwksd.example.yaml to a token, following only what is printed', async t => {
  const directory = t.testdir({ tls: {} })
  const file = path.join(directory, 'jwksd.yaml')
  await copyFile(inRepository('jwksd.example.yaml'), file)
  const run = async (line: string): Promise<CommandResult> => {
    const [name, ...args] = line.split(' ')
    return await runCommand(COMMANDS[name!]!, [...args, '--config', file], { now: LATER })
  }
  const serve = (): Command => new Command().action(async () => { await load({ file, env: {}, now: LATER, listeners: 'both' }) })
  let apiKey = ''
  let certificate: CertificateFiles | undefined
  /** Does what a hint says. */
  const follow = async (where: string, problem: string, hint: string): Promise<void> => {
    const command = /: jwksd (.*)$/.exec(hint)?.[1]?.replace('[set]', 'ecw')
    if (command !== undefined) {
      const { code, stdout, stderr } = await run(command)
      t.equal(code, 0, `${command}: ${stderr}`)
      if (command.startsWith('client key')) apiKey = stdout.trim()
    } else if (hint.startsWith('put a readable file there')) {
      certificate ??= makeCertificate(path.join(directory, 'tls'), 'made')
      await copyFile(where.endsWith('privkey.pem') ? certificate.key : certificate.cert, where)
    } else {
      const [, line] = /:(\d+) /.exec(where)!
      const placeholder = /placeholder "(.*)"$/.exec(problem)![1]! as keyof typeof GIVEN
      const lines = (await readFile(file, 'utf8')).split('\n')
      lines[Number(line) - 1] = lines[Number(line) - 1]!.replace(placeholder, GIVEN[placeholder])
      await writeFile(file, lines.join('\n'))
    }
  }
  // The URL is marked in the example; the name of a host is known to nobody else.
  await writeFile(file, (await readFile(file, 'utf8')).replace('https://jwks.example.com   ', 'https://localhost   '))

  const met = new Set<string>()
  let rounds = 0
  for (let { faults } = await runCommand(serve, []); faults.length > 0; { faults } = await runCommand(serve, [])) {
    for (const { where, problem, hint } of faults) {
      t.notOk(met.has(`${where}: ${problem}`), `once: ${where}: ${problem}`)
      met.add(`${where}: ${problem}`)
      await follow(where, problem, hint)
    }
    rounds++
  }
  t.strictSame([rounds, met.size], [1, 7], 'all at once')

  const noUnit = await run('sign --ttl 240')
  t.match(noUnit, { code: 2, stderr: /give a unit: 240s or 4m/ })
  const signed = await run('sign --ttl 240s')
  t.equal(signed.code, 0, signed.stderr)
  const jwks = createLocalJWKSet({ keys: [JSON.parse((await runCommand(exportCommand, [await kidOf(file), '--jwk', '--config', file])).stdout)] })
  const issuer = GIVEN['your-client-id']
  const currentDate = new Date(LATER * 1000)
  t.match((await jwtVerify(signed.stdout.trim(), jwks, { issuer, subject: issuer, audience: GIVEN['https://oauth.example.com/oauth2/token'], currentDate })).protectedHeader, { alg: 'RS384' })

  const ca = await readFile(path.join(directory, 'tls', 'fullchain.pem'), 'utf8')
  const { fetch, origin } = await openListener(t, { file, ca }, { time: { now: LATER } })
  const bare = await postSign(fetch, origin, apiKey, { scope: 'system/*.read' })
  t.match([bare.status, bare.json()], [400, { field: 'scope', hint: /"claims"/ }])
  const token = (await postSign(fetch, origin, apiKey, {})).json().token as string
  t.match((await jwtVerify(token, jwks, { currentDate })).payload, { iss: issuer })
})

async function kidOf (file: string): Promise<string> {
  const { snapshot } = await load({ file, env: {}, now: LATER, listeners: 'both', tls: false })
  return snapshot.sets.get('ecw')!.keys[0]!.kid
}
