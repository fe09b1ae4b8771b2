// What the doctor finds about the state in force: what it warns of, and, folded, what it found in order.

import { checkLoaded } from '../../doctor/loaded.ts'
import type { Finding } from '../../doctor/finding.ts'
import type { Loaded } from '../../state/load.ts'
import { html, type Html } from './html.ts'

/** The section. @param now NumericDate (seconds) */
export function showChecks (loaded: Loaded, now: number): Html {
  const findings = checkLoaded(loaded, now)
  const open = findings.filter(({ level }) => level !== 'ok')
  const sound = findings.filter(({ level }) => level === 'ok')
  return html`<section aria-labelledby="checks"><div class="head"><h2 id="checks">Checks</h2><p>as <code>jwksd check</code> does them for the files in force</p></div>
${open.length > 0 && html`<ul class="list">${open.map(showFinding)}</ul>`}
<details><summary>${sound.length} in order</summary><ul class="list">${sound.map(showFinding)}</ul></details></section>`
}

function showFinding ({ level, seen, why, hint }: Finding): Html {
  return html`<li><span class="badge ${level}">${level}</span> ${seen}<span class="hint">${[why, hint].filter(text => text !== undefined).join('; ')}</span></li>`
}
