// Writes the table of presets into README.md, between its two marks, as `jwksd presets --markdown` prints it.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const table = execFileSync('node', ['dist/main.js', 'presets', '--markdown'], { encoding: 'utf8' })
const readme = readFileSync('README.md', 'utf8')
writeFileSync('README.md', readme.replace(/(<!-- presets -->\n)[\s\S]*(<!-- \/presets -->)/, (_whole, begin, end) => begin + table + end))
