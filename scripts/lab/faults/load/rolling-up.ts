// Calls rollups all the time; at the end the roll-ups are compared with the points.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../../stand/server.ts'
import type { Fleet } from '../stand/fleet.ts'
import { ask } from './ask.ts'
import { ROLLUP_DIFFERENCES } from './rollup-differences.ts'

export interface RollingUp {
  /** Answers that are not allowed, as sentences. */
  readonly complaints: ReadonlySet<string>
  /** Returns the number of successful calls. */
  done(): number
  /** Runs the rest of the work, and returns the differences between roll-ups and points. @throws {Error} after 60 s. */
  finish(): Promise<string[]>
}

export interface RollingUpDeps {
  readonly fleet: Fleet
  readonly server: Pick<Server, 'ask'>
  readonly operatorKey: string
}

const EVERY_MS = 200
const FINISH_MS = 60_000

/** Starts the calls. */
export function startRollingUp(deps: RollingUpDeps): RollingUp {
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
        if (performance.now() > deadline) throw new Error('the roll-ups were never done')
        await sleep(EVERY_MS)
      }
      return await differences(deps.server)
    },
  }
}

/** Has the effect of a wait of five minutes, for which an interrupted run blocks the next one. */
async function endLease({ ask: query }: Pick<Server, 'ask'>): Promise<void> {
  await query(`update job_run set lease_until = clock_timestamp() where job = 'rollups' and finished_at is null`)
}

async function run({ fleet, operatorKey }: RollingUpDeps, complaints: Set<string>): Promise<'done' | 'again'> {
  const life = await fleet.route('rollups')
  const answer = await ask(life.http, {
    method: 'POST',
    path: '/api/v1/monitoring/rollups/run',
    headers: { authorization: `Bearer ${operatorKey}` },
    expects: 200,
  })
  if (answer.kind === 'wrong' || (answer.kind === 'cut' && !life.killed))
    complaints.add(`rollups answered: ${answer.why}`)
  if (answer.kind !== 'acknowledged') return 'again'
  return (JSON.parse(answer.body) as { more: boolean }).more ? 'again' : 'done'
}

async function differences({ ask: query }: Pick<Server, 'ask'>): Promise<string[]> {
  const [counted] = await query<{ wrong: number; rollups: number; invalid: number }>(
    `select (select count(*)::int from (${ROLLUP_DIFFERENCES}) differences) as wrong,
       (select count(*)::int from metric_rollup) as rollups, (select count(*)::int from rollup_invalidation) as invalid`,
  )
  const { wrong = 0, rollups = 0, invalid = 0 } = counted ?? {}
  return [
    ...(wrong > 0 ? [`${wrong} hours are not rolled up to what their points say`] : []),
    ...(rollups === 0 ? ['nothing was rolled up'] : []),
    ...(invalid > 0 ? [`${invalid} invalidations are left`] : []),
  ]
}
