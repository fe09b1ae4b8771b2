// Near matches: the name that somebody most likely meant, for hints. Compares by the fewest letters added, left out,
// replaced or swapped with their neighbour (optimal string alignment distance).

/** Letters that may differ: one in a short name, two from six letters on. */
const allowed = (name: string): number => name.length < 6 ? 1 : 2

/** The known name that is nearest to `name`, or undefined when none is near. */
export function nearest (name: string, known: Iterable<string>): string | undefined {
  const [best] = [...known]
    .filter(candidate => Math.abs(name.length - candidate.length) <= allowed(candidate)) // a name may be as long as a body
    .map(candidate => ({ candidate, distance: distanceOf(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= allowed(candidate) && distance < candidate.length)
    .sort((a, b) => a.distance - b.distance)
  return best?.candidate
}

/** A hint that begins with the near match, where there is one. @param otherwise what to do where none is near */
export function didYouMean (name: string, known: Iterable<string>, otherwise: string): string {
  const near = nearest(name, known)
  return near === undefined ? otherwise : `did you mean "${near}"? ${otherwise}`
}

function distanceOf (a: string, b: string): number {
  let [before, above] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, replaced, swapped))
    }
    [before, above] = [above, row]
  }
  return above[b.length]!
}
