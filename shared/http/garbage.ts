// Garbage, collected before a large body is read. V8 lets it pile up to its limit, which is half of an instance's memory, and
// keeps the pages: with the next large body that was twice what the instance has.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

interface Collection {
  readonly type: 'major'
  readonly execution: 'sync'
  /** Gives the pages back, too; another collection keeps most of them. */
  readonly flavor: 'last-resort'
}

let collect: ((collection: Collection) => void) | undefined

/**
 * Makes the function that collects garbage, and gives its memory back, when the process holds more than `maxBytes` (RSS). Takes a tenth
 * of a second where it does. Safe to repeat.
 */
export function garbageCollector(maxBytes: number): () => void {
  return () => {
    if (process.memoryUsage.rss() <= maxBytes) return
    collect ??= exposedCollector()
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }
}

/** A context that is made after the flag was set has it. */
function exposedCollector(): (collection: Collection) => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as (collection: Collection) => void
}
