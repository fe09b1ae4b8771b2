// The figures of docs/performance.md and its plot are those of the run that is kept in bench/results.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { render, type Results } from '../../bench/write-docs.ts'

const results = JSON.parse(readFileSync('bench/results/published.json', 'utf8')) as Results
const page = readFileSync('docs/performance.md', 'utf8')

t.test('page and plot are made from the results: npm run bench -- --render', async t => {
  const made = render(results, page)
  t.equal(made.page, page)
  t.equal(made.svg, readFileSync('docs/performance.svg', 'utf8'))
})

t.test('negative control: another figure is seen', async t => {
  const other = JSON.parse(JSON.stringify(results).replace(/"median":[\d.]+/, '"median":12345')) as Results
  t.not(render(other, page).page, page)
})
