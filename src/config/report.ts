// The report on a configuration: every fault and warning that is found in it, each at its place. Readers go on after a
// fault: one pass reports everything.

import { collectFaults, type Fault } from '../core/errors.ts'

/** Names and indexes that lead to a value of the document. */
export type Path = readonly (string | number)[]

/** Words the place of a value for the reader. */
export type Where = (path: Path) => string

export class Report {
  readonly faults: Fault[]
  readonly warnings: string[]
  readonly #where: Where
  readonly #path: Path

  /** @param where words the place of a path for the reader */
  constructor (where: Where, path: Path = [], faults: Fault[] = [], warnings: string[] = []) {
    this.#where = where
    this.#path = path
    this.faults = faults
    this.warnings = warnings
  }

  /** The same report for what lies below a path: its places are relative to it. */
  below (...path: Path): Report {
    return new Report(this.#where, [...this.#path, ...path], this.faults, this.warnings)
  }

  /** Adds a fault. Gives undefined, so that a reader can end with it. */
  fault (path: Path, problem: string, hint: string): undefined {
    this.faults.push({ where: this.#where([...this.#path, ...path]), problem, hint })
  }

  warn (path: Path, text: string): void {
    this.warnings.push(`${this.#where([...this.#path, ...path])}: ${text}`)
  }

  /**
   * Runs `parse`. Its faults are reported at `path`, or below it where they name a dotted place; undefined comes back.
   * @throws whatever is not a FaultsError
   */
  collect<T> (path: Path, parse: () => T): T | undefined {
    const faults: Fault[] = []
    const parsed = collectFaults(faults, parse)
    for (const { where, problem, hint } of faults) this.fault([...path, ...where.split('.').filter(Boolean)], problem, hint)
    return parsed
  }

  /** Runs `read`; undefined comes back when it reported a fault. */
  faultless<T> (read: () => T | undefined): T | undefined {
    const before = this.faults.length
    const found = read()
    return this.faults.length === before ? found : undefined
  }
}
