// The statements about runs of backups, and the marker of the minute.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export type RunKind = 'export' | 'verification'

/** A run with its steps of the type `S`, which are stored as JSON. */
export interface StoredRun<S> {
  readonly id: string
  readonly kind: RunKind
  readonly started_at: string
  readonly finished_at: string | null
  readonly status: 'in_progress' | 'success' | 'failed'
  readonly instance: string
  readonly test_instance: string | null
  readonly backup_id: string | null
  readonly steps: readonly S[]
  readonly uri: string | null
  readonly bytes: string | null
  readonly crc32c: string | null
  readonly error: string | null
}

const COLUMNS = sql`id, kind, started_at, finished_at, status, instance, test_instance, backup_id, steps, uri, bytes::text, crc32c, error`

/** Returns the open run of a kind. */
export async function selectOpenRun<S>(tx: Tx, kind: RunKind): Promise<StoredRun<S> | undefined> {
  const { rows } = await sql<StoredRun<S>>`
    select ${COLUMNS} from backup_run where kind = ${kind} and finished_at is null`.execute(tx)
  return rows[0]
}

/** Returns the open run of a kind, and opens one where there is none. */
export async function openRunOf<S>(
  tx: Tx,
  kind: RunKind,
  instance: string,
  testPrefix: string | null,
): Promise<StoredRun<S>> {
  const { rows } = await sql<StoredRun<S>>`
    insert into backup_run (kind, instance, test_instance)
    values (${kind}, ${instance}, ${testPrefix}::text || left(gen_random_uuid()::text, 8))
    on conflict (kind) where finished_at is null do nothing
    returning ${COLUMNS}`.execute(tx)
  const run = rows[0] ?? (await selectOpenRun<S>(tx, kind))
  if (!run) throw new Error(`the open run of the kind ${kind} has ended a moment ago`)
  return run
}

/** The fields of a run that change while it is open. */
export type RunChange<S> = Partial<Pick<StoredRun<S>, 'backup_id' | 'uri' | 'crc32c'>> & {
  readonly steps?: readonly S[]
  readonly bytes?: number
  readonly end?: { readonly status: 'success' | 'failed'; readonly error: string | null }
}

/** Changes an open run, and returns it. A field that is absent stays as it is. */
export async function updateRun<S>(tx: Tx, id: string, change: RunChange<S>): Promise<StoredRun<S>> {
  const { backup_id, uri, bytes, crc32c, steps, end } = change
  const { rows } = await sql<StoredRun<S>>`
    update backup_run set
      backup_id = coalesce(${backup_id ?? null}, backup_id), uri = coalesce(${uri ?? null}, uri),
      bytes = coalesce(${bytes ?? null}::bigint, bytes), crc32c = coalesce(${crc32c ?? null}, crc32c),
      steps = coalesce(${steps ? JSON.stringify(steps) : null}::jsonb, steps),
      status = coalesce(${end?.status ?? null}, status), error = coalesce(left(${end?.error ?? null}, 2000), error),
      finished_at = case when ${end !== undefined}::boolean then coalesce(finished_at, clock_timestamp()) end
    where id = ${id}::uuid
    returning ${COLUMNS}`.execute(tx)
  const [run] = rows
  if (!run) throw new Error(`there is no run ${id}`)
  return run
}

/** Returns the newest runs of a kind, and the number of all of them. */
export async function selectRuns<S>(
  tx: Tx,
  kind: RunKind,
  limit: number,
): Promise<{ runs: readonly StoredRun<S>[]; total: number }> {
  const { rows } = await sql<StoredRun<S>>`
    select ${COLUMNS} from backup_run where kind = ${kind} order by number desc limit ${limit}::int`.execute(tx)
  const counted = await sql<{ total: number }>`
    select count(*)::int as total from backup_run where kind = ${kind}`.execute(tx)
  return { runs: rows, total: counted.rows[0]?.total ?? 0 }
}

/** Returns the seconds since a verification last succeeded; null before any. */
export async function selectSuccessAge(tx: Tx): Promise<number | null> {
  const { rows } = await sql<{ age: number | null }>`
    select extract(epoch from clock_timestamp() - max(finished_at))::float8 as age
    from backup_run where kind = 'verification' and status = 'success'`.execute(tx)
  return rows[0]?.age ?? null
}

/** Returns the name of the database that this connection is on. */
export async function selectDatabaseName(tx: Tx): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_database()::text as name`.execute(tx)
  return rows[0]?.name ?? ''
}
