// Experiments with writes: a load on metrics-ingest or its Pub/Sub entry point, compared with rows that plain clients upsert.
import type { Client } from 'pg'
import type { Bench, Experiment } from '../experiment.ts'
import { type Slice, type Subject, takeTurns } from '../measure.ts'
import { pointsOf, type Recipe } from '../requests.ts'
import { type Row, toRow } from '../row.ts'
import { poolOf, type Stage } from '../stage.ts'
import { clearPoints, storedPoints } from '../stored-points.ts'
import { bareCopy, bareUpsert, makeTwin } from './bare-writes.ts'

export interface Writing {
  readonly name: string
  readonly what: string
  readonly isHeavy?: true
  readonly function: 'metrics-ingest' | 'metrics-ingest-pubsub'
  readonly recipe: Recipe
  readonly concurrency: number
}

const COPY = 'limit.copy'
const UNNEST = 'limit.unnest'
const TIMEOUT_MS = 60_000

/** The rate of a load in stored points; its limit is the upsert of the same number of points per transaction, on as many connections. */
export function writing(plan: Writing): Experiment {
  return {
    names: [plan.name],
    what: plan.what,
    ...(plan.isHeavy ? { isHeavy: true } : {}),
    run: (bench) => measure(bench, plan, { load: true, upsert: true, copy: false }),
  }
}

/** Like `writing`, but both limits have rows of their own, with which all batches are compared. */
export function writingWithLimits(plan: Writing): Experiment {
  return {
    names: [plan.name, COPY, UNNEST],
    what: plan.what,
    run: (bench, wanted) => {
      const load = wanted.has(plan.name)
      const upsert = load || wanted.has(UNNEST)
      return measure(bench, plan, { load, upsert, copy: true })
    },
  }
}

interface Subjects {
  readonly load: boolean
  readonly upsert: boolean
  readonly copy: boolean
}

async function measure(bench: Bench, plan: Writing, subjects: Subjects): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const { stage } = bench
  await clearPoints(stage)
  await makeTwin(stage.admin)
  const points = pointsOf(plan.recipe)
  const clients = subjects.upsert ? await openClients(stage, plan, parts) : []
  const load = subjects.load ? await openLoad(bench, plan, parts) : undefined
  const taking: Subject[] = []
  const add = (subject: Subject | undefined): number => (subject ? taking.push(subject) - 1 : -1)
  const at = {
    load: add(load?.subject),
    copy: add(subjects.copy ? bareCopy(stage) : undefined),
    upsert: add(subjects.upsert ? bareUpsert(stage, clients, points) : undefined),
  }
  const slices = await takeTurns(taking, bench.turns)

  const rows: Row[] = []
  const upserted = slices[at.upsert]
  const copied = slices[at.copy]
  if (load && upserted) rows.push(await load.row(slices[at.load] ?? [], upserted))
  if (copied) rows.push(toRow({ name: COPY, unit: 'points/s', slices: copied, connections: 1 }))
  if (copied && upserted) {
    const connections = clients.length
    rows.push(toRow({ name: UNNEST, unit: 'points/s', slices: upserted, limit: copied, connections }))
  }
  return rows
}

/** Opens as many clients as the function has connections, but no more than its concurrent requests, because one request uses one connection. */
async function openClients(
  stage: Stage,
  { function: name, concurrency }: Writing,
  parts: AsyncDisposableStack,
): Promise<readonly Client[]> {
  const clients: Client[] = []
  for (let i = 0; i < Math.min(concurrency, poolOf(name)); i++) {
    clients.push(parts.adopt(await stage.connectAs(name), (client) => client.end()))
  }
  return clients
}

async function openLoad({ stage, load }: Bench, plan: Writing, parts: AsyncDisposableStack) {
  const instance = parts.adopt(await stage.start(plan.function), (one) => one.stop())
  const count = instance.countConnections()
  const subject = await load.open({
    port: instance.port,
    concurrency: plan.concurrency,
    recipe: plan.recipe,
    authorization: stage.authorizationFor(plan.function),
    beginMs: Date.now(),
    timeoutMs: TIMEOUT_MS,
  })
  return {
    subject,
    async row(slices: readonly Slice[], limit: readonly Slice[]): Promise<Row> {
      const connections = await count()
      const lost = Math.max(0, subject.acknowledged() - (await storedPoints(stage)))
      const peakRssMb = instance.peakRssMb()
      return toRow({ name: plan.name, unit: 'points/s', slices, limit, peakRssMb, connections, lost })
    },
  }
}
