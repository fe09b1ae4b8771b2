// The template: what is escaped, and what is not.

import t from 'tap'
import { html } from '../../../src/http/page/html.ts'

const HOSTILE = '"><script>alert(\'1\')</script>&amp;'

t.test('values are escaped in texts and attributes, HTML of the template is not', async t => {
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;'
  t.equal(String(html`<a title="${HOSTILE}">${HOSTILE}</a>`), `<a title="${escaped}">${escaped}</a>`)
  t.equal(String(html`<p>${html`<b>${HOSTILE}</b>`}</p>`), `<p><b>${escaped}</b></p>`)
  t.equal(String(html`${[1, '<', html`<br>`, [undefined, false, 'x']]}`), '1&lt;<br>x')
  t.equal(String(html`\n${undefined}${false}${0}`), '\n0')
})

t.test('an object that only looks like HTML of the template is a text', async t => {
  t.equal(String(html`${{ toString: () => '<b>', map: () => ['<i>'] } as never}`), '&lt;b&gt;')
})
