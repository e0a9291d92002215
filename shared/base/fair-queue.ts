// A queue whose holders take turns: round robin with one item per turn, however many items a holder has.

export interface FairQueue<T> {
  push(holder: string, item: T): void
  /** Removes and returns the next item of the holder whose turn it is. With `isEligible`, holders that it rejects are skipped. */
  shift(isEligible?: (holder: string) => boolean): { readonly holder: string; readonly item: T } | undefined
  /** Removes an item from any position. Safe to repeat. */
  remove(holder: string, item: T): void
  /** Empties the queue and returns its items. */
  drain(): readonly T[]
  waiting(): number
  waitingOf(holder: string): number
}

export function createFairQueue<T>(): FairQueue<T> {
  /** Holders in the order of their turns. A holder without items has no entry. */
  const queues = new Map<string, T[]>()
  let size = 0

  /** A holder that was served goes to the end of the order. */
  const putBack = (holder: string, items: T[]): void => {
    queues.delete(holder)
    if (items.length > 0) queues.set(holder, items)
  }
  return {
    waiting: () => size,
    waitingOf: (holder) => queues.get(holder)?.length ?? 0,
    push(holder, item) {
      size++
      const items = queues.get(holder)
      if (items) items.push(item)
      else queues.set(holder, [item])
    },
    shift(isEligible = () => true) {
      for (const [holder, items] of queues) {
        if (!isEligible(holder)) continue
        const item = items.shift() as T
        size--
        putBack(holder, items)
        return { holder, item }
      }
      return undefined
    },
    remove(holder, item) {
      const items = queues.get(holder) ?? []
      const at = items.indexOf(item)
      if (at < 0) return
      items.splice(at, 1)
      size--
      if (items.length === 0) queues.delete(holder)
    },
    drain() {
      const all = [...queues.values()].flat()
      queues.clear()
      size = 0
      return all
    },
  }
}
