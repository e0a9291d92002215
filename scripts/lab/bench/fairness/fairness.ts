// Measures the share of an instance that three tenants get during an attack, next to their share without it in the same minute.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { print } from '../../../cli/output.ts'
import { textTable } from '../../../cli/text-table.ts'
import { createKey } from '../../../database/keys/key-store.ts'
import { percentile } from '../../figures.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { type Row, toRow } from '../row.ts'
import type { Stage } from '../stage.ts'
import { clearPoints, storeAll } from '../stored-points.ts'
import { ATTACKS, type AttackName, attackNames, type Plan } from './attacks.ts'
import type { Statuses } from './flood.ts'
import { askAsNeighbours, type Neighbourhood } from './neighbours.ts'

const PHASE_MS = 12_000
/** While 400 clients run on the same machine, the neighbours send few requests and need longer for a sample. */
const LONG_PHASE_MS = 60_000
/** Time until an attack has all its requests in flight. */
const RISE_MS = 3_000
const HEAVY_POINTS = 250_000
/** Seconds of a row of the log: some 2,200 of these points. */
const HEAVY_WINDOW_S = 21_600
const SCOPES = ['metrics:write', 'metrics:read', 'feedback:read']

const nameOf = (attack: AttackName): string => `fairness.${attack}`

/**
 * One row for each attack. The rate is that of the three other tenants during the attack, the limit is their rate without it, and the errors
 * are their failed requests. A table of statuses is printed in addition.
 */
export const fairness: Experiment = {
  names: attackNames.map(nameOf),
  what: 'three tenants during a flood by another one, in six ways',
  isHeavy: true,
  async run({ stage, turns }: Bench, wanted) {
    const rows: Row[] = []
    const lines: string[][] = []
    for (const attack of attackNames.filter((name) => wanted.has(nameOf(name)))) {
      turns.signal?.throwIfAborted()
      const { row, line } = await measure(stage, attack)
      rows.push(row)
      lines.push(line)
    }
    const head = ['attack', 'neighbours undisturbed', 'p50 ms', 'neighbours during it', 'p50 ms', 'the flood', 'kept']
    print(textTable(head, lines))
    return rows
  },
}

async function measure(stage: Stage, attack: AttackName): Promise<{ readonly row: Row; readonly line: string[] }> {
  const keys = { greedy: await keyOf(stage, 'greedy'), neighbours: await neighbourKeys(stage) }
  if (attack === 'heavy-reads') await storeHeavySeries(stage)
  const instance = await stage.start(ATTACKS[attack].function)
  const phaseMs = attack === 'made-up-keys' ? LONG_PHASE_MS : PHASE_MS
  try {
    // The first requests of an instance open its connections.
    await askAsNeighbours(attack, instance.port, keys.neighbours, 1_000)
    const quiet = await askAsNeighbours(attack, instance.port, keys.neighbours, phaseMs)
    const flood = startFlood({ attack, port: instance.port, key: keys.greedy })
    await sleep(RISE_MS)
    const beside = await askAsNeighbours(attack, instance.port, keys.neighbours, phaseMs)
    const answered = await flood.end()
    const row = toRow({
      name: nameOf(attack),
      unit: 'requests/s',
      slices: [beside.slice],
      limit: [quiet.slice],
      peakRssMb: instance.peakRssMb(),
    })
    const line = [attack, ...described(quiet), ...described(beside), textOf(answered), await keptBeside(stage, attack)]
    return { row, line }
  } finally {
    await instance.stop()
    await clearPoints(stage)
  }
}

const described = ({ slice, statuses }: Neighbourhood): readonly [string, string] => [
  textOf(statuses),
  (percentile(slice.latenciesMs, 50) ?? Number.NaN).toFixed(0),
]

const textOf = (statuses: Statuses): string =>
  Object.entries(statuses)
    .map(([status, count]) => `${count} × ${status === '0' ? 'none' : status}`)
    .join(', ')

function startFlood(plan: Plan): { end(): Promise<Statuses> } {
  const child = fork(new URL('flood.ts', import.meta.url))
  child.send(plan)
  return {
    async end() {
      const told = once(child, 'message')
      child.send('end')
      const [statuses] = (await told) as [Statuses]
      return statuses
    },
  }
}

const neighbourKeys = async (stage: Stage): Promise<readonly string[]> =>
  await Promise.all(['near-1', 'near-2', 'near-3'].map(async (tenant) => await keyOf(stage, tenant)))

/** Statements run one after the other, because the stage has one connection. */
let making: Promise<unknown> = Promise.resolve()
async function keyOf({ admin, checksumKey }: Stage, tenant: string): Promise<string> {
  const made = making.then(() =>
    createKey({ client: admin, randomBytes, checksumKey }, { tenant, scopes: SCOPES, expiresInDays: null }),
  )
  making = made.catch(() => {})
  return (await made).key
}

/** Stores a series of the attacking tenant with so many points of the last 28 days that sorting them takes a second. */
async function storeHeavySeries(stage: Stage): Promise<void> {
  const { admin } = stage
  await admin.query(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     select id, 'heavy', 't', '', '{}', sha256('heavy') from tenant where name = 'greedy'`,
  )
  const points = `select s.id, now() - interval '28 days' * n / ${HEAVY_POINTS} as ts, random() as value
    from metric_series s, generate_series(1, ${HEAVY_POINTS}) n where s.service_name = 'heavy'`
  await storeAll(stage, points, [], HEAVY_WINDOW_S)
}

/** Counts the rows that the attack has left in the database in addition to points. */
async function keptBeside({ admin }: Stage, attack: AttackName): Promise<string> {
  if (attack === 'many-series') {
    const { rows } = await admin.query<{ n: string }>(`select count(*)::text as n from metric_series`)
    return `${rows[0]?.n} series`
  }
  if (attack !== 'dead-letters') return ''
  const { rows } = await admin.query<{ n: string; mib: string }>(
    `select count(*)::text as n, (coalesce(sum(octet_length(payload)), 0) / 1048576)::bigint::text as mib from dead_letter`,
  )
  await admin.query('delete from dead_letter')
  return `${rows[0]?.n} letters, ${rows[0]?.mib} MiB`
}
