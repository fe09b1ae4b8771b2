// Pages that stand between a client and the JWK Set, by who makes them. Recognizes only what its vendor's pages and headers
// say of themselves; any other HTML is a page without a name.

import type { Answer } from './connect.ts'

/** `header: value` lines of an answer, or its body, that only this product writes. */
const FIREWALLS: ReadonlyArray<{ readonly name: string, readonly header?: RegExp, readonly body?: RegExp }> = [
  { name: 'Cloudflare', header: /^cf-mitigated:|^server: cloudflare$/im, body: /Just a moment\.\.\.|cf-chl-|challenge-platform|Attention Required! \| Cloudflare/ },
  { name: 'Akamai', header: /^server: AkamaiGHost$/im, body: /errors\.edgesuite\.net|Reference&#32;&#35;|_abck|sec-if-cpt-container/ },
  { name: 'Imperva Incapsula', header: /^x-iinfo:|incap_ses_|visid_incap_/im, body: /_Incapsula_Resource|Incapsula incident ID/ },
  { name: 'AWS WAF', header: /^x-amzn-waf-action:/im, body: /awswaf\.com|AwsWafIntegration/ },
  { name: 'F5 BIG-IP', body: /The requested URL was rejected\. Please consult with your administrator/ },
  { name: 'Sucuri', header: /^server: Sucuri/im, body: /Sucuri WebSite Firewall/ },
  { name: 'DataDome', header: /^x-datadome/im, body: /captcha-delivery\.com/ },
  { name: 'Azure WAF', header: /^x-azure-ref:/im, body: /The request is blocked\./ },
  { name: 'Fortinet', body: /FortiGuard|FortiWeb|fgd_icon/ },
  { name: 'ngrok', header: /^ngrok-error-code:/im, body: /ngrok\.com/ }
]

/** True for an answer whose body is a page and no JSON. */
export function isPage ({ headers, body }: Answer): boolean {
  const start = body.subarray(0, 512).toString('latin1').trimStart()
  return /^<(!doctype|html|head|body|\?xml|!--)/i.test(start) || (/html/i.test(headers['content-type'] ?? '') && /^[^{[]/.test(start))
}

/** True for an answer that may be the set. */
export function isUsable (answer: Answer): boolean {
  return answer.status === 200 && !isPage(answer)
}

/** Who made a page that came in place of the set; undefined where nothing says so. */
export function firewallOf (answer: Answer): string | undefined {
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`).join('\n')
  const body = answer.body.toString('latin1')
  return FIREWALLS.find(({ header, body: text }) => header?.test(headers) || text?.test(body))?.name
}

/** A page in a few words: whose it is, or its title. */
export function describePage (answer: Answer): string {
  const name = firewallOf(answer)
  if (name !== undefined) return `a page of ${name}`
  const title = /<title[^>]*>([^<]{1,100})/i.exec(answer.body.toString('utf8'))?.[1]!.trim()
  return title ? `a page with the title "${title}"` : 'a page in HTML'
}
