// Collects findings: shows each one at once and counts them.

export interface Findings {
  /** Adds a broken rule; `how` returns lines on how to reproduce it. */
  add(what: string, how?: () => readonly string[]): void
  count(): number
  /** Returns each kind with its count, the most frequent first. */
  kinds(): readonly string[]
}

const SHOWN = 25
const SHOWN_ALIKE = 3

/** Shows the first finding of each kind, and no more than a screen of them. */
export function openFindings(show: (line: string) => void): Findings {
  const alike = new Map<string, number>()
  let count = 0
  let shown = 0
  return {
    add(what, how = () => []) {
      count++
      const kind = kindOf(what)
      const before = alike.get(kind) ?? 0
      alike.set(kind, before + 1)
      if (before >= SHOWN_ALIKE || shown >= SHOWN) return
      shown++
      show(`BROKEN ${what}`)
      for (const line of how()) show(`  ${line}`)
    },
    count: () => count,
    kinds: () => [...alike].sort(([, a], [, b]) => b - a).map(([kind, times]) => `${times} times: ${kind}`),
  }
}

/** The rule, independent of the request that broke it. */
const kindOf = (what: string): string =>
  what
    .replace(/ \(request .*/, '')
    .replaceAll(/\d+/g, '0')
    .slice(0, 80)
