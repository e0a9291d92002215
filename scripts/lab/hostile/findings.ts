// Collects findings: shows each one as it comes and counts them.

export interface Findings {
  /** Takes a broken rule; `how` are lines on how to see it again. */
  add(what: string, how?: () => readonly string[]): void
  count(): number
  /** Each kind with how often it was found, the most frequent first. */
  kinds(): readonly string[]
}

const SHOWN = 25
const SHOWN_ALIKE = 3

/** Shows the first of each kind, and no more than a screen of them. */
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

/** The rule, whichever request broke it. */
const kindOf = (what: string): string =>
  what
    .replace(/ \(request .*/, '')
    .replaceAll(/\d+/g, '0')
    .slice(0, 80)
