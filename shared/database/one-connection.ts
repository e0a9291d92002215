// Runs Kysely on one connection, one transaction at a time.
import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely'
import { type Client, escapeLiteral, types } from 'pg'
import type { Database } from '../schema/index.ts'
import { createCopyOut, isCopyOut } from './copy-out.ts'
import { createPipeline, int4, type PipelineAnswer, type PipelineRows, type PipelineStatement } from './pipeline.ts'

/** Options with which a transaction begins. */
export interface Beginning {
  readonly tenantId: number | null
  readonly readOnly: boolean
  readonly sharedLock?: number
  /** The server cancels each of its statements after this many milliseconds. */
  readonly statementMs?: number
  /** Settings that say who writes, by name, for the stamps of rows and for the audit log. */
  readonly stamps?: Readonly<Record<string, string>> | undefined
  /** The user whose rows alone it sees, in the tables whose rows have owners. */
  readonly subject?: string | undefined
  /** All its statements read one snapshot: `isolation level repeatable read`. */
  readonly oneSnapshot?: boolean
}

export interface OneConnection {
  readonly kysely: Kysely<Database>
  /** Runs a transaction; the next one begins when it has ended. */
  transaction<T>(beginning: Beginning, work: (tx: Transaction<Database>) => Promise<T>): Promise<T>
  /** Runs statements as a tenant, in one transaction and one round trip. Answers their rows; all of them have an effect or none. */
  pipeline(tenantId: number, statements: readonly PipelineStatement[]): Promise<readonly PipelineRows[]>
  /** Runs a `copy (…) to stdout` and statements as a tenant, in one read-only transaction with one snapshot, and in one round trip. */
  readInOneTrip(tenantId: number, copy: string, statements: readonly PipelineStatement[]): Promise<PipelineAnswer>
  /**
   * True when the server has finished every statement that was sent here, and its last ReadyForQuery message says that no transaction is
   * open. Only such a connection may be used for another unit. False after an error until its ReadyForQuery has arrived: pg reports an
   * error before that message.
   */
  isIdle(): boolean
}

/** Called when a statement has ended or failed, with its text and its milliseconds. The texts of a pipeline are one. */
export type Measure = (text: string, ms: number) => void

/** Statements around those of a caller. */
interface Around {
  readonly before: readonly PipelineStatement[]
  readonly after: readonly PipelineStatement[]
}

/** Offers queries and transactions on a client, whose types must be `textTypes`. */
export function onOneConnection(client: Client, measure: Measure = () => {}): OneConnection {
  let next: Beginning = { tenantId: null, readOnly: false }
  const traffic = { sent: 0, answered: 0 }
  const kysely = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: async () => poolOf({ client, traffic, measure, beginning: () => next }) }),
  })
  /** Runs statements in one round trip. Those around them are neither named to `measure` nor answered. */
  const pipelined = async (
    statements: readonly PipelineStatement[],
    { before, after }: Around,
  ): Promise<PipelineAnswer> => {
    const { query, done } = createPipeline([...before, ...statements, ...after])
    const number = ++traffic.sent
    const text = statements.map((statement) => statement.text).join('; ')
    client.query(query)
    const { rows, copied } = await measured(measure, text, async () => await done)
    traffic.answered = number
    return { rows: rows.slice(before.length, rows.length - after.length), copied }
  }
  return {
    kysely,
    isIdle: () => traffic.sent === traffic.answered && client.getTransactionStatus() === IDLE,
    async pipeline(tenantId, statements) {
      return (await pipelined(statements, { before: [asTenant(tenantId)], after: [] })).rows
    },
    async readInOneTrip(tenantId, copy, statements) {
      const copying = { name: undefined, text: copy, parameters: [] }
      const around = { before: [BEGIN_SNAPSHOT, asTenant(tenantId)], after: [COMMIT] }
      const { rows, copied } = await pipelined([copying, ...statements], around)
      return { rows: rows.slice(1), copied }
    },
    async transaction(beginning, work) {
      next = beginning
      const level = beginning.oneSnapshot ? 'repeatable read' : undefined
      const transaction = level ? kysely.transaction().setIsolationLevel(level) : kysely.transaction()
      return await (beginning.readOnly ? transaction.setAccessMode('read only') : transaction).execute(work)
    },
  }
}

const utility = (name: string, text: string): PipelineStatement => ({ name, text, parameters: [] })
const BEGIN_SNAPSHOT = utility('penstock_begin', 'start transaction isolation level repeatable read read only')
const COMMIT = utility('penstock_commit', 'commit')

/** Takes effect for the statements that come after it in its pipeline. */
const asTenant = (tenantId: number): PipelineStatement => ({
  name: 'penstock_tenant',
  text: `select set_config('app.tenant_id', $1::int::text, true)`,
  parameters: [int4(tenantId)],
})

/** Timestamps stay PostgreSQL's text, because a Date would lose their microseconds. */
const TEXT_TYPES = new Set<number>([types.builtins.TIMESTAMPTZ, types.builtins.TIMESTAMP, types.builtins.DATE])

export const textTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    TEXT_TYPES.has(oid) ? String : types.getTypeParser(oid, format as 'text'),
}

/**
 * The transaction status of ReadyForQuery when no transaction is open. The others are `T`, in a transaction, and `E`, in a failed one.
 */
const IDLE = 'I'

/** Counts of statements. The server answers in order, so the newest answer proves that all earlier statements are answered. */
interface Traffic {
  sent: number
  answered: number
}

async function measured<T>(measure: Measure, text: string, run: () => Promise<T>): Promise<T> {
  const begun = performance.now()
  try {
    return await run()
  } finally {
    measure(text, performance.now() - begun)
  }
}

interface PoolParts {
  readonly client: Client
  readonly traffic: Traffic
  readonly measure: Measure
  readonly beginning: () => Beginning
}

/** Makes Kysely's pool of one connection. The round trip that begins a transaction also sets the tenant and takes the lock. */
function poolOf({ client, traffic, measure, beginning }: PoolParts): PostgresPool {
  const send = async (text: string, parameters: readonly unknown[]) => {
    if (isCopyOut(text)) return await copyOut(client, text)
    const begins = text.startsWith('begin') || text.startsWith('start transaction')
    const number = ++traffic.sent
    const result = await client.query(begins ? beginAs(text, beginning()) : text, [...parameters])
    traffic.answered = number
    return result
  }
  const query = async (text: string, parameters: readonly unknown[]) =>
    await measured(measure, text, async () => await send(text, parameters))
  const only = { query, release: () => {} }
  return { options: {}, connect: async () => only, end: async () => {} } as unknown as PostgresPool
}

/** Returns a result like the driver's own: one row, whose `bytes` are everything that was copied. */
async function copyOut(client: Client, statement: string) {
  const { query, done } = createCopyOut(statement)
  client.query(query)
  const { bytes, rowCount } = await done
  return { command: 'COPY', rowCount, rows: [{ bytes }] }
}

function beginAs(begin: string, beginning: Beginning): string {
  const { tenantId, sharedLock, stamps = {}, subject, readOnly, statementMs } = beginning
  const settings = {
    'app.tenant_id': tenantId === null ? '' : String(Math.trunc(tenantId)),
    ...(readOnly ? {} : stamps),
    ...(subject === undefined ? {} : { 'app.subject': subject }),
  }
  const set = Object.entries(settings).map(([name, value]) => `set_config('${name}', ${escapeLiteral(value)}, true)`)
  const lock = sharedLock === undefined ? [] : [`select pg_advisory_xact_lock_shared(${Math.trunc(sharedLock)})`]
  // A limit of 0 would be none.
  const limit =
    statementMs === undefined ? [] : [`set local statement_timeout = ${Math.max(1, Math.ceil(statementMs))}`]
  return [begin, ...limit, `select ${set.join(', ')}`, ...lock].join('; ')
}
