// A queue whose holders take turns: one waiting item of each, round robin, however many each has.

export interface FairQueue<T> {
  push(holder: string, item: T): void
  /** The next item of the holder whose turn it is; of those that `isEligible` lets through, where it is given. */
  shift(isEligible?: (holder: string) => boolean): { readonly holder: string; readonly item: T } | undefined
  /** Takes an item out, wherever it stands. Safe to repeat. */
  remove(holder: string, item: T): void
  /** Empties the queue. */
  drain(): readonly T[]
  waiting(): number
  waitingOf(holder: string): number
}

export function createFairQueue<T>(): FairQueue<T> {
  /** In the order of their turns. A holder without items has no entry. */
  const queues = new Map<string, T[]>()
  let size = 0

  /** A holder that was served goes to the end. */
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
