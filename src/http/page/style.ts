// How the pages look: light and dark, from 360 pixels on. Every colour of a text has a contrast of at least 4.5 to 1.

export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --text: #1a1d23; --quiet: #565e6c; --rule: #dfe3ea; --code: #eef1f5; --link: #1d56c8;
  --well: #11703f; --well-ground: #e6f4ec; --ill: #b3261e; --ill-ground: #fcebe9; --warn: #8a5300; --warn-ground: #fdf1dc;
  --soon: #2a63c9; --soon-ground: #dfe9fb; --signs: #188350; --signs-ground: #e0f3e8; --past: #9a6212; --past-ground: #faeccf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111418; --card: #1a1e24; --text: #e7eaef; --quiet: #a2abb9; --rule: #2e343e; --code: #252b34; --link: #8db6ff;
    --well: #6fd39b; --well-ground: #14301f; --ill: #ff9a90; --ill-ground: #3d1917; --warn: #f3bf6b; --warn-ground: #372507;
    --soon: #83aefa; --soon-ground: #1c2f52; --signs: #4cc485; --signs-ground: #15371f; --past: #e0ae5c; --past-ground: #3b2a0d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
code, .kid { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font-size: .87em; background: var(--code); border-radius: 4px; padding: .12em .4em; overflow-wrap: anywhere; user-select: all; }
a { color: var(--link); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.page { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; z-index: 1; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header { padding: 1.4rem 0 1.1rem; }
.brand { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .6rem; margin: 0 0 .9rem; color: var(--quiet); font-size: .9rem; }
.brand b { color: var(--text); font-size: 1rem; letter-spacing: -.01em; }
.brand time { margin-left: auto; }
.status { display: flex; gap: .85rem; align-items: flex-start; padding: 1rem 1.2rem; border-radius: 10px; background: var(--well-ground); color: var(--well); }
.status.ill { background: var(--ill-ground); color: var(--ill); }
.status.plain { background: var(--code); color: var(--text); }
.status svg { flex: none; width: 1.5rem; height: 1.5rem; margin-top: .1rem; }
h1 { margin: 0; font-size: 1.22rem; line-height: 1.4; font-weight: 600; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1.12rem; line-height: 1.4; letter-spacing: -.01em; }
h3 { margin: 1.5rem 0 .45rem; font-size: .92rem; font-weight: 600; }
p { margin: .4rem 0; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 1.15rem 1.3rem 1.3rem; margin: 0 0 1.1rem; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem 1rem; }
.quiet, .head p { color: var(--quiet); font-size: .87rem; margin: 0; }
.url { margin: .35rem 0; }

.copy { display: inline-flex; gap: .35rem; align-items: center; max-width: 100%; }
button { font: inherit; font-size: .75rem; line-height: 1.3; color: var(--quiet); background: transparent; border: 1px solid var(--rule); border-radius: 5px; padding: .16rem .5rem; min-height: 24px; cursor: pointer; }
button:hover { color: var(--text); border-color: var(--quiet); }
button[hidden] { display: none; }

.line { display: block; overflow: visible; margin: 1rem 0 .3rem; }
.line text { fill: var(--quiet); font-size: 11.5px; }
.line .kid { fill: var(--text); font-size: 12.5px; }
.line .note { fill: var(--quiet); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.tick line { stroke: var(--rule); }
.now line { stroke: var(--text); stroke-width: 2; }
.now text { fill: var(--text); font-weight: 600; }
.line .kid { paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
.bar { stroke: var(--card); stroke-width: 1.5px; }
.bar.active { fill: var(--signs); }
.bar.pre-activation { fill: var(--soon-ground); stroke: var(--soon); stroke-width: 1px; stroke-dasharray: 3 2; }
.bar.deactivated { stroke: var(--past); stroke-width: 1px; }
.patterns { position: absolute; }
.patterns .soft { fill: var(--past-ground); }
.patterns .line { fill: var(--past); opacity: .75; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: .2rem 0 0; padding: 0; color: var(--quiet); font-size: .8rem; }
.legend svg { vertical-align: -1px; }

table { width: 100%; font-variant-numeric: tabular-nums; border-collapse: collapse; font-size: .9rem; }
th { text-align: left; font-weight: 500; font-size: .8rem; color: var(--quiet); padding: .3rem .9rem .35rem 0; border-bottom: 1px solid var(--rule); }
td { padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; padding-bottom: 0; }
td:last-child, th:last-child { padding-right: 0; }
.file { display: block; color: var(--quiet); font-size: .8rem; }
.badge { display: inline-block; border-radius: 99px; padding: .05rem .6rem; font-size: .79rem; font-weight: 500; white-space: nowrap; background: var(--code); color: var(--quiet); }
.badge.active, .badge.ok { background: var(--signs-ground); color: var(--well); }
.badge.pre-activation { background: var(--soon-ground); color: var(--soon); }
.badge.deactivated, .badge.warning { background: var(--warn-ground); color: var(--warn); }
.badge.compromised, .badge.fault { background: var(--ill-ground); color: var(--ill); }

.list { list-style: none; margin: 0; padding: 0; }
.list li { padding: .45rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
.list li:last-child { border: 0; padding-bottom: 0; }
.list .hint { display: block; color: var(--quiet); font-size: .87rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.4rem; margin: .6rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
details { margin-top: 1.2rem; }
summary { cursor: pointer; font-size: .92rem; font-weight: 600; }
details .list { margin-top: .35rem; }
footer { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: .4rem 0 2.5rem; color: var(--quiet); font-size: .85rem; }

@media (max-width: 40rem) {
  .page { padding: 0 .8rem; }
  section { padding: 1rem .95rem 1.1rem; border-radius: 10px; }
  .brand time { margin-left: 0; flex-basis: 100%; }
  .line .note, .minor { display: none; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: .55rem 0; border-bottom: 1px solid var(--rule); }
  tr:last-child { border: 0; padding-bottom: 0; }
  td, td:last-child { border: 0; padding: .1rem 0; }
  td[data-label], td[data-label]:last-child { padding-left: 6.6rem; }
  td[data-label]::before { content: attr(data-label); float: left; width: 6.4rem; margin-left: -6.6rem; color: var(--quiet); font-size: .82rem; line-height: 1.7; }
  h1 { font-size: 1.1rem; }
  .status { padding: .85rem 1rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .55rem; }
}
@media print { button, .skip, footer { display: none; } section { break-inside: avoid; } }
`
