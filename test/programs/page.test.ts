// The pages in Chromium: light and dark, on a screen and a phone, with and without JavaScript. No complaint of the browser,
// no barrier that axe-core knows. Both listeners are real, in their two processes. With JWKSD_SCREENSHOTS=DIRECTORY, pictures.

import { mkdir } from 'node:fs/promises'
import t from 'tap'
import { formatTime } from '../../src/core/time.ts'
import { findBarriers, LOOKS, type Look, startBrowser, visit } from '../support/browser.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

const [HOUR, DAY] = [3600, 86400]
const NOW = Math.floor(Date.now() / 1000)
const PICTURES = process.env.JWKSD_SCREENSHOTS
const [SCREEN] = LOOKS as [Look]
const dated = (activates: number, kid: string): string => `# activates: ${formatTime(activates)}\n# kid: ${kid}\n${privatePem('P-256')}`

const browser = await startBrowser(t)
const deployment = await deploy(t, {
  keys: {
    'ecw/a.pem': dated(NOW - 75 * DAY, '9f2c41d07be3a865'),
    'ecw/b.pem': dated(NOW + 26 * HOUR, '4be09a7712cd53f8'),
    'partner/a.pem': dated(NOW - 90 * DAY, 'c07d5512e9ab3f46'),
    'partner/b.pem': dated(NOW - 9 * HOUR, '18ee4b02d6f7c93a')
  },
  config: {
    sign: { listen: '127.0.0.1:0' },
    publicPage: true,
    sets: { ecw: { rotation: { every: '90d' } }, default: { include: ['ecw', 'partner'] } },
    profiles: { 'ecw-prod': { preset: 'jwt', set: 'ecw' }, 'partner-prod': { preset: 'jwt', set: 'partner' } }
  },
  client: { profiles: ['ecw-prod'] }
})
const server = await startProgram(t, [], { cwd: deployment.directory })
for (let i = 0; i < 3; i++) await postSign(makeFetch(deployment.ca), server.internal, deployment.apiKey, {})

for (const [name, url, pages] of [['internal', server.internal, 4], ['public', server.origin, 2]] as const) {
  t.test(`the ${name} page`, async t => {
    for (const look of LOOKS) {
      const { page, complaints } = await visit(browser, `${url}/`, look)
      const label = `${name} ${look.width} ${look.colorScheme} ${look.script ? 'with' : 'without'} JavaScript`
      if (look.script) t.strictSame(await findBarriers(page), [], label) // axe-core is a script, too
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), look.width, `${label}: nothing is wider than the screen`)
      t.equal(await page.locator('button:visible').count() > 0, look.script, `${label}: buttons only where they work`)
      t.ok(await page.locator('.line .bar').count() >= pages, `${label}: the lives of the keys are drawn`)
      if (PICTURES !== undefined) {
        await mkdir(PICTURES, { recursive: true })
        await page.screenshot({ path: `${PICTURES}/${label.replaceAll(' ', '-')}.png`, fullPage: true })
      }
      t.strictSame(complaints, [], label)
      await page.context().close()
    }
  })
}

t.test('a kid is copied with a click, and selected with one where there is no script', async t => {
  const { page, complaints } = await visit(browser, `${server.internal}/`, SCREEN)
  await page.getByRole('button', { name: 'Copy kid 4be09a7712cd53f8' }).click()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), '4be09a7712cd53f8')
  t.equal(await page.getByRole('status').textContent(), '4be09a7712cd53f8 is copied')
  t.strictSame(complaints, [])
  const without = await visit(browser, `${server.internal}/`, { ...SCREEN, script: false })
  await without.page.locator('code', { hasText: '4be09a7712cd53f8' }).first().click()
  t.equal(await without.page.evaluate('String(getSelection())'), '4be09a7712cd53f8')
})

t.test('by keyboard: the first stop skips to the keys, and what has the focus shows it', async t => {
  const { page } = await visit(browser, `${server.internal}/`, SCREEN)
  await page.keyboard.press('Tab')
  t.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the keys')
  await page.keyboard.press('Tab')
  t.equal(await page.evaluate('document.activeElement.tagName'), 'BUTTON')
  t.match(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid')
})

t.test('the page at /docs loads without a complaint, and shows no logo', async t => {
  const { page, complaints } = await visit(browser, `${server.internal}/docs`, SCREEN)
  await page.getByText('Sign claims under a profile').waitFor()
  t.strictSame(complaints, [])
  t.equal(await page.locator('img:visible, .topbar').count(), 0)
})

t.test('negative control: a violation of the policy and a barrier are found', async t => {
  const { page, complaints } = await visit(browser, `${server.internal}/`, SCREEN)
  await page.evaluate(`document.body.insertAdjacentElement('beforeend', document.createElement('img')).src = 'https://elsewhere.invalid/x.png'
    document.querySelector('h1').setAttribute('style', 'color: red')`)
  t.match((await findBarriers(page)).join(), /image-alt/)
  t.match(complaints.join('\n'), /Content Security Policy[^]*img-src|img-src[^]*Content Security Policy/)
})
