// Collects garbage before a large body is read. V8 lets garbage grow to its limit, half of an instance's memory, and does not release the
// pages: with the next large body that took twice the instance's memory.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

interface Collection {
  readonly type: 'major'
  readonly execution: 'sync'
  /** This kind of collection also releases pages; others retain most of them. */
  readonly flavor: 'last-resort'
}

let collect: ((collection: Collection) => void) | undefined

/**
 * Makes the function that collects garbage, and releases its memory, when the process holds more than `maxBytes` (RSS). It then takes a
 * tenth of a second. Safe to repeat.
 */
export function garbageCollector(maxBytes: number): () => void {
  return () => {
    if (process.memoryUsage.rss() <= maxBytes) return
    collect ??= exposedCollector()
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }
}

/** A context that is created after the flag was set exposes the collector. */
function exposedCollector(): (collection: Collection) => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as (collection: Collection) => void
}
