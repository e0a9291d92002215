// Experiments with feedback: ratings compared with the same statement from plain clients, and cached statistics compared with computed
// ones.
import type { Client } from 'pg'
import type { Bench, Experiment } from '../experiment.ts'
import { type Subject, takeTurns } from '../measure.ts'
import type { Recipe } from '../requests.ts'
import { type Row, toRow } from '../row.ts'
import { poolOf, type Stage } from '../stage.ts'
import { bareQueries } from './bare-queries.ts'

const FUNCTION = 'feedback'
const PATH = '/api/v1/feedback'
const TIMEOUT_MS = 60_000
const INSIGHTS = 100
const USERS = 1_000
const COUNTED_INSIGHTS = 5
const RATINGS = 10_000

/** The statement that stores a rating; see functions/feedback/queries.ts. */
const UPSERT = `
  insert into insight_feedback (tenant_id, insight_id, user_id, rating) values ($1, $2, $3, $4)
  on conflict (tenant_id, insight_id, user_id) do update set rating = excluded.rating,
    updated_at = greatest(clock_timestamp(), insight_feedback.updated_at + interval '1 microsecond')
  returning id, insight_id, user_id, rating, comment, flag_type, flag_reason, created_at, updated_at`

/** The statement that computes statistics; see functions/feedback/queries.ts. */
const STATS = `
  select count(rating), round(avg(rating), 2), array[count(*) filter (where rating = 1), count(*) filter (where rating = 2),
      count(*) filter (where rating = 3), count(*) filter (where rating = 4), count(*) filter (where rating = 5)],
    count(comment), count(flag_type), count(*) filter (where flag_type = 'inaccurate'),
    count(*) filter (where flag_type = 'misleading'), count(*) filter (where flag_type = 'spam'),
    coalesce((select version from insight_version where tenant_id = $1 and insight_id = $2), 0)
  from insight_feedback where tenant_id = $1 and insight_id = $2`

/** Ratings per second; the limit is the statement alone, on as many connections as an instance has. */
export const rating: Experiment = {
  names: ['feedback.rate.c16'],
  what: `ratings of ${INSIGHTS} insights by ${USERS.toLocaleString('en')} users, by 16 clients`,
  async run(bench) {
    const bodies = Array.from({ length: USERS }, (_, i) => ({
      insight_id: insightOf(i),
      user_id: userOf(i),
      rating: 1 + (i % 5),
    }))
    const recipe: Recipe = { kind: 'posts', path: `${PATH}/rate`, bodies: bodies.map((body) => JSON.stringify(body)) }
    let turn = 0
    const bare = () => {
      const i = turn++
      return { text: UPSERT, values: [bench.stage.tenantId, insightOf(i), userOf(i), 1 + (i % 5)] }
    }
    return [await measure(bench, { name: 'feedback.rate.c16', recipe, concurrency: 16, bare })]
  },
}

/** Cached statistics per second; the limit is computing them each time, on the instance's connections. */
export const keptStats: Experiment = {
  names: ['cache.stats.c8'],
  what: `statistics of ${COUNTED_INSIGHTS} insights with ${RATINGS.toLocaleString('en')} ratings each, by 8 clients`,
  async run(bench) {
    await rateMany(bench.stage)
    const insights = Array.from({ length: COUNTED_INSIGHTS }, (_, i) => `counted-${i}`)
    const paths = insights.map((insight) => `${PATH}/stats?insight_id=${insight}`)
    let turn = 0
    const bare = () => ({ text: STATS, values: [bench.stage.tenantId, insights[turn++ % insights.length]] })
    return [await measure(bench, { name: 'cache.stats.c8', recipe: { kind: 'get', paths }, concurrency: 8, bare })]
  },
}

interface Plan {
  readonly name: string
  readonly recipe: Recipe
  readonly concurrency: number
  readonly bare: Parameters<typeof bareQueries>[1]
}

async function measure({ stage, load, turns }: Bench, { name, recipe, concurrency, bare }: Plan): Promise<Row> {
  await using parts = new AsyncDisposableStack()
  const instance = parts.adopt(await stage.start(FUNCTION), (one) => one.stop())
  const clients: Client[] = []
  for (let i = 0; i < poolOf(FUNCTION); i++)
    clients.push(parts.adopt(await stage.connectAs(FUNCTION), (client) => client.end()))
  const count = instance.countConnections()
  const authorization = stage.authorizationFor(FUNCTION)
  const plan = { port: instance.port, concurrency, recipe, authorization, beginMs: 0, timeoutMs: TIMEOUT_MS }
  const subjects: Subject[] = [await load.open(plan), bareQueries(clients, bare)]
  const [slices = [], limit = []] = await takeTurns(subjects, turns)
  const peakRssMb = instance.peakRssMb()
  return toRow({ name, unit: 'requests/s', slices, limit, peakRssMb, connections: await count() })
}

async function rateMany({ admin, tenantId }: Stage): Promise<void> {
  await admin.query(
    `insert into insight_feedback (tenant_id, insight_id, user_id, rating, comment)
     select $1, 'counted-' || i, 'user-' || u, 1 + u % 5, case when u % 10 = 0 then 'words' end
     from generate_series(0, $2::int - 1) i, generate_series(1, $3::int) u`,
    [tenantId, COUNTED_INSIGHTS, RATINGS],
  )
  await admin.query('vacuum (analyze) insight_feedback')
}

const insightOf = (i: number): string => `insight-${i % INSIGHTS}`
const userOf = (i: number): string => `user-${i % USERS}`
