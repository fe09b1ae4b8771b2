// Debian's Chromium, as a visitor of the pages: everything that it complains of is collected.

import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']

/** Looks that a page must stand. */
export interface Look { readonly width: number, readonly colorScheme: 'light' | 'dark', readonly script: boolean }

export const LOOKS: readonly Look[] = [1280, 360].flatMap((width): Look[] => [
  { width, colorScheme: 'light', script: true }, { width, colorScheme: 'dark', script: true }, { width, colorScheme: 'light', script: false }
])

export interface Visit {
  readonly page: Page
  /** Errors and warnings of the console, violations of the policy, requests that failed. */
  readonly complaints: string[]
}

interface Teardown { teardown: (end: () => Promise<void>) => void }

/** Starts a browser for the test. */
export async function startBrowser (t: Teardown): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS })
  t.teardown(async () => { await browser.close() })
  return browser
}

/** Opens a URL in a new window. @param password for a server that asks for one */
export async function visit (browser: Browser, url: string, { width, colorScheme, script }: Look, password?: string): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme,
    javaScriptEnabled: script,
    ignoreHTTPSErrors: true,
    permissions: ['clipboard-read', 'clipboard-write'],
    ...(password !== undefined && { httpCredentials: { username: 'operator', password } })
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()) })
  page.on('pageerror', error => { complaints.push(String(error)) })
  page.on('requestfailed', request => { complaints.push(`${request.url()} failed`) })
  page.on('request', request => { if (!request.url().startsWith(new URL(url).origin)) complaints.push(`${request.url()} is elsewhere`) })
  await page.goto(url)
  return { page, complaints }
}

/** What axe-core finds, in one line each. */
export async function findBarriers (page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(async () => await (globalThis as unknown as { axe: typeof axe }).axe.run())
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
