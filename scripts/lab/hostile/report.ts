// The report of a run: requests and answers, and the memory before and after.
import { textTable } from '../../cli/text-table.ts'
import type { Tally } from './attack.ts'
import type { Held } from './memory.ts'

export type MemoryByFunction = Readonly<Record<string, Held>>

/** Allowed growth in MiB since the warm-up, for caches and the allocator's reserves. */
const MAX_GROWTH: Held = { live: 24, rss: 160 }

/** Returns the functions that hold more memory than allowed, as sentences. */
export function growthFindings(before: MemoryByFunction, after: MemoryByFunction): readonly string[] {
  return Object.entries(after).flatMap(([name, held]) =>
    (['live', 'rss'] as const).flatMap((kind) => {
      const growth = held[kind] - (before[name]?.[kind] ?? 0)
      return growth > MAX_GROWTH[kind]
        ? [`${name} holds ${growth.toFixed(1)} MiB more than after the warm-up (${kind})`]
        : []
    }),
  )
}

export function growthTable(before: MemoryByFunction, after: MemoryByFunction): string {
  const rows = Object.entries(after).map(([name, held]) => {
    const then = before[name]
    return [name, mib(then?.live), mib(held.live), mib(then?.rss), mib(held.rss)]
  })
  return textTable(['function', 'live MiB, warm', 'live MiB, end', 'RSS MiB, warm', 'RSS MiB, end'], rows)
}

export function requestTable(tallies: ReadonlyMap<string, Tally>): string {
  const rows = [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([route, tally]) => [
      route,
      ...[tally.sent, tally.ok, tally.refused, tally.busy, tally.other].map(String),
      tally.slowestMs.toFixed(0),
    ])
  return textTable(['route', 'sent', '2xx', '4xx', '503', 'other', 'slowest ms'], rows)
}

const mib = (value: number | undefined): string => value?.toFixed(1) ?? ''
