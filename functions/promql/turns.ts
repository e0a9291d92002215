// Turns of queries: few are evaluated at a time, so that their memory together is bounded, and one of each tenant, so that none delays
// the others.

export interface Turns {
  /**
   * Waits for a turn, and returns the function that ends it, which is safe to repeat. The holder whose last turn began longest ago is next.
   * Rejects with the error of `late` when the turn does not come within `waitMs`.
   */
  take(holder: string, waitMs: number, late: () => Error): Promise<() => void>
}

interface Waiting {
  readonly holder: string
  readonly begin: (end: () => void) => void
}

/** Opens the turns of an instance. At most `atOnce` holders have a turn at a time, with one query each. */
export function openTurns(atOnce: number): Turns {
  const running = new Set<string>()
  const waiting = new Set<Waiting>()
  /** The number of the last turn of each holder that has a query in progress or waiting. */
  const last = new Map<string, number>()
  let number = 0

  const next = (): Waiting | undefined => {
    let first: Waiting | undefined
    const turnOf = ({ holder }: Waiting): number => last.get(holder) ?? 0
    for (const one of waiting) if (!running.has(one.holder) && (!first || turnOf(one) < turnOf(first))) first = one
    return first
  }
  const forget = (): void => {
    const present = new Set([...running, ...[...waiting].map(({ holder }) => holder)])
    for (const holder of last.keys()) if (!present.has(holder)) last.delete(holder)
  }
  const serve = (): void => {
    while (running.size < atOnce) {
      const one = next()
      if (!one) break
      waiting.delete(one)
      running.add(one.holder)
      last.set(one.holder, ++number)
      let hasEnded = false
      one.begin(() => {
        if (hasEnded) return
        hasEnded = true
        running.delete(one.holder)
        serve()
      })
    }
    forget()
  }
  return {
    async take(holder, waitMs, late) {
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const one: Waiting = { holder, begin: resolve }
      waiting.add(one)
      const timer = setTimeout(() => waiting.delete(one) && reject(late()), waitMs)
      serve()
      try {
        return await promise
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
