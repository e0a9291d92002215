// Measures the memory of a function's process after a garbage collection.
import { setTimeout as sleep } from 'node:timers/promises'
import type { WatchedFunction } from './watched-function.ts'

/** In MiB. */
export interface Held {
  /** JavaScript objects and buffers, which would grow in a leak. */
  readonly live: number
  /** Memory of the whole process, including the allocator's own reserves. */
  readonly rss: number
}

const MIB = 1024 * 1024
const ANSWER_MS = 10_000

/** Asks a process for its memory. @throws {Error} when it does not answer. */
export async function heldBy(one: WatchedFunction): Promise<Held> {
  const before = one.probes().length
  process.kill(one.pid(), 'SIGUSR2')
  const deadline = Date.now() + ANSWER_MS
  while (one.probes().length === before) {
    if (Date.now() > deadline) throw new Error(`${one.name} does not say what memory it holds`)
    await sleep(20)
  }
  const said = JSON.parse(one.probes().at(-1) ?? '{}') as NodeJS.MemoryUsage
  return { live: (said.heapUsed + said.external) / MIB, rss: said.rss / MIB }
}
