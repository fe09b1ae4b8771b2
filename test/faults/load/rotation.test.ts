// Rotation under load: clients sign all the time, real relying parties verify with their real caches, keys rotate, and
// nobody notices. The long form, 20 rotations and 10⁵ verifications, is `npm run test:long`.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { runProgram } from '../../support/program.ts'
import type { Phase } from '../../support/rotation-load.ts'
import { rotateOnce, startRotationLoad, sum } from '../../support/start-rotation-load.ts'

const [ROTATIONS, PER_SECOND] = process.env.JWKSD_LONG ? [20, 20] : [2, 8]

t.test('rotations under load: no verification fails, and without the lead some do', { timeout: 1_800_000 }, async t => {
  const { deployment: { directory: cwd }, begin, end } = await startRotationLoad(t, { perSecond: PER_SECOND, lead: 6 })
  begin('rotation')
  await sleep(3000)
  for (let rotation = 1; rotation <= ROTATIONS; rotation++) await rotateOnce(cwd)
  await sleep(2500)
  begin('without-lead')
  await sleep(500)
  const unsafe = ['rotate', 'default', '--begin', '--lead', '0s']
  t.match(await runProgram(unsafe, { cwd }), { code: 1, stderr: /a lead of 0s is unsafe: for up to 4s/ })
  t.match(await runProgram([...unsafe, '--force'], { cwd }), { code: 0, stderr: /hint: accept a lead that is too short/ })
  await sleep(4000)
  const { rotation, 'without-lead': control } = await end() as Record<'rotation' | 'without-lead', Phase>

  const n = sum(rotation.verified)
  t.strictSame(rotation.unsigned, [], 'every request for a token got one')
  t.strictSame({ failed: rotation.failed, reasons: rotation.reasons }, { failed: {}, reasons: [] }, 'no verification failed')
  t.equal(Object.keys(rotation.verified).length, 6, 'all relying parties took part')
  t.ok(sum(control.failed) > 0, 'control: without the lead verifications fail')
  t.comment(`${ROTATIONS} rotations, ${rotation.signed} tokens, n = ${n} verifications, ${sum(rotation.failed)} failures (${rotation.late} came too late to count): ` +
    `with 95 % confidence fewer than ${(3 / n).toExponential(1)} of all fail`)
  t.comment(JSON.stringify(rotation.verified))
  t.comment(`control with lead 0: ${sum(control.failed)} of ${sum(control.failed) + sum(control.verified)} failed: ${JSON.stringify(control.failed)}`)
})
