// Calls compaction all the time; at the end the roll-ups are compared with the points.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../../stand/server.ts'
import type { Fleet } from '../stand/fleet.ts'
import { ask } from './ask.ts'

export interface Compacting {
  /** Answers that are not allowed, as sentences. */
  readonly complaints: ReadonlySet<string>
  /** Returns the number of successful calls. */
  done(): number
  /** Compacts the rest, and returns the differences between roll-ups and points. @throws {Error} after 60 s. */
  finish(): Promise<string[]>
}

export interface CompactingDeps {
  readonly fleet: Fleet
  readonly server: Pick<Server, 'ask'>
  readonly operatorKey: string
}

const EVERY_MS = 200
const FINISH_MS = 60_000

/** Starts the calls. */
export function startCompacting(deps: CompactingDeps): Compacting {
  const complaints = new Set<string>()
  let over = false
  let done = 0
  const calling = (async () => {
    while (!over) {
      if ((await run(deps, complaints)) === 'done') done++
      await sleep(EVERY_MS)
    }
  })().catch((error: unknown) => complaints.add((error as Error).message))
  return {
    complaints,
    done: () => done,
    async finish() {
      over = true
      await calling
      await endLease(deps.server)
      const deadline = performance.now() + FINISH_MS
      while ((await run(deps, complaints)) !== 'done') {
        if (performance.now() > deadline) throw new Error('the log was never compacted')
        await sleep(EVERY_MS)
      }
      return await differences(deps.server)
    },
  }
}

/** Has the effect of a wait of five minutes, for which an interrupted run blocks the next one. */
async function endLease({ ask: query }: Pick<Server, 'ask'>): Promise<void> {
  await query(`update job_run set lease_until = clock_timestamp() where job = 'compaction' and finished_at is null`)
}

async function run({ fleet, operatorKey }: CompactingDeps, complaints: Set<string>): Promise<'done' | 'again'> {
  const life = await fleet.route('compaction')
  const answer = await ask(life.http, {
    method: 'POST',
    path: '/api/v1/monitoring/compaction/run',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: '{"all":true}',
    expects: 200,
  })
  if (answer.kind === 'wrong' || (answer.kind === 'cut' && !life.killed))
    complaints.add(`compaction answered: ${answer.why}`)
  if (answer.kind !== 'acknowledged') return 'again'
  return (JSON.parse(answer.body) as { more: boolean }).more ? 'again' : 'done'
}

/** Compares the hours that the log does not touch, to the bit: points of an hour are added in the order of time. */
const DIFFERENCES = `
  with touched as (
    select distinct p.series_id, date_trunc('hour', p.ts, 'UTC') as bucket
    from metric_log l cross join lateral unnest(l.series, l.ts) as p (series_id, ts)
  ), expected as (
    select tenant_id, series_id, date_trunc('hour', ts, 'UTC') as bucket, count(*) as count, sum(value order by ts) as sum, min(value) as min,
      max(value) as max
    from stored_point group by 1, 2, 3
  )
  select from expected e full join stored_hour h on h.series_id = e.series_id and h.bucket = e.bucket
  where not exists (
      select from touched t where t.series_id = coalesce(e.series_id, h.series_id) and t.bucket = coalesce(e.bucket, h.bucket))
    and (e.count, e.sum, e.min, e.max, e.tenant_id) is distinct from (h.count, h.sum, h.min, h.max, h.tenant_id)`

async function differences({ ask: query }: Pick<Server, 'ask'>): Promise<string[]> {
  const [counted] = await query<{ wrong: number; hours: number }>(
    `select (select count(*)::int from (${DIFFERENCES}) differences) as wrong, (select count(*)::int from metric_hour) as hours`,
  )
  const { wrong = 0, hours = 0 } = counted ?? {}
  return [
    ...(wrong > 0 ? [`${wrong} hours are not rolled up to what their points say`] : []),
    ...(hours === 0 ? ['nothing was rolled up'] : []),
  ]
}
