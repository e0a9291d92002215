// Simulates the passing of time for a load: months without a partition get points, while the partitions function runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { addMonths } from '@penstock/shared/base/time.ts'
import { ask } from './load/ask.ts'
import type { Fleet } from './stand/fleet.ts'

export interface Calendar {
  /** Returns the months that points go to in addition to the current one: the newest, and earlier ones. */
  readonly months: () => readonly string[]
  /** Runs the partitions function until nothing is left to do. @throws {Error} when that takes more than 90 s. */
  settle(): Promise<void>
  /** Resolves when no run is in progress any more. */
  stop(): Promise<void>
  /** Answers that are not allowed, as sentences. */
  readonly complaints: ReadonlySet<string>
}

export interface CalendarDeps {
  readonly fleet: Fleet
  readonly operatorKey: string
}

export interface CalendarPlan {
  /** First day of the first month, and the number of months. */
  readonly first: string
  readonly count: number
  /** Milliseconds for which a month is the newest one. */
  readonly everyMs: number
  /** True when the partitions function runs during the load; it runs at the end in any case. */
  readonly runs: boolean
}

const OPEN = 3
const SETTLE_MS = 90_000

/** Starts to simulate time. */
export function startCalendar(deps: CalendarDeps, plan: CalendarPlan): Calendar {
  const all = Array.from({ length: plan.count }, (_, i) => addMonths(plan.first, i))
  const stopped = new AbortController()
  const complaints = new Set<string>()
  let newest = 0
  const pass = async (): Promise<void> => {
    for (;;) {
      await sleep(plan.everyMs, undefined, { signal: stopped.signal })
      if (newest < all.length - 1) newest++
      if (plan.runs) await run(deps, complaints)
    }
  }
  const passing = pass().catch((error: unknown) => {
    if (!stopped.signal.aborted) complaints.add(`the calendar stopped: ${(error as Error).message}`)
  })
  return {
    months: () => all.slice(Math.max(0, newest - OPEN + 1), newest + 1),
    async settle() {
      const deadline = performance.now() + SETTLE_MS
      while ((await run(deps, complaints)) !== 'done') {
        if (performance.now() > deadline) throw new Error('the partitions function did not finish in time')
        await sleep(200)
      }
    },
    async stop() {
      stopped.abort()
      await passing
    },
    complaints,
  }
}

async function run({ fleet, operatorKey }: CalendarDeps, complaints: Set<string>): Promise<'done' | 'again'> {
  const life = await fleet.route('partitions')
  const answer = await ask(life.http, {
    method: 'POST',
    path: '/api/v1/monitoring/partitions/run',
    headers: { authorization: `Bearer ${operatorKey}` },
    expects: 200,
  })
  if (answer.kind === 'wrong' || (answer.kind === 'cut' && !life.killed))
    complaints.add(`partitions answered: ${answer.why}`)
  if (answer.kind !== 'acknowledged') return 'again'
  const { more, findings } = JSON.parse(answer.body) as RunAnswer
  for (const finding of findings) complaints.add(`partitions found ${finding.code}: ${finding.detail}`)
  return more ? 'again' : 'done'
}

interface RunAnswer {
  readonly more: boolean
  readonly findings: readonly { readonly code: string; readonly detail: string }[]
}
