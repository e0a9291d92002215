// Stores chunks in the database by the protocol of every writer: into the log; where points are still rows, the lock, then marks and months, then
// points, in one transaction.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { createMonthFinder } from '@penstock/shared/months/month-finder.ts'
import { lockAsWriter } from '@penstock/shared/months/month-queries.ts'
import { readWriteState } from '@penstock/shared/points/point-queries.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Client } from 'pg'
import type { AdminDatabase } from '../../../database/admin-database.ts'
import type { Chunk, Refusal } from '../chunk.ts'
import { ImportError } from '../import-error.ts'
import type { Outcome, Saved } from '../report.ts'
import { EXPIRED, prepareLogged } from './logged-chunk.ts'
import { type PrepareDeps, prepareChunk, type Ready } from './prepare.ts'
import { deleteSaved, readSaved, writeSaved } from './progress-record.ts'
import type { Identity, Sink } from './sink.ts'
import { createStaging, deferStaged, fillStaging, insertStaged, invalidateStaged, upsertStaged } from './staging.ts'

export interface DatabaseSinkDeps extends PrepareDeps {
  readonly db: AdminDatabase
  readonly pause: (ms: number) => Promise<void>
  readonly say: (line: string) => void
}

const TURN_POLL_MS = 1_000
const TURN_ATTEMPTS = 600

/**
 * Opens the database sink for one tenant. Months that were never made are made; points of sealed or archived months are deferred, like
 * ingest does.
 */
export async function openDatabaseSink(deps: DatabaseSinkDeps, tenant: Tenant): Promise<Sink> {
  const { db } = deps
  const isLog = await isLogStore(db)
  if (!isLog) await db.onEachConnection(createStaging)
  return {
    async resume(identity) {
      await db.onEachConnection(async (client) => await takeTurn(deps, client, tenant, identity))
      return await db.write(tenant.id, (tx) => readSaved(tx, tenant.id, identity))
    },
    async prepare(identity, chunk) {
      const saving = async (
        next: (outcome: Outcome) => Saved,
        write: (tx: Transaction<Database>) => Promise<Outcome>,
      ) =>
        await db.write(tenant.id, async (tx) => {
          const saved = next(await write(tx))
          await writeSaved(tx, tenant.id, identity, saved)
          return saved
        })
      if (isLog) {
        const write = await prepareLogged(deps, tenant, chunk)
        return { store: async (next) => await saving(next, write) }
      }
      const ready = await prepareChunk(deps, tenant, chunk)
      const storeBy = async (write: Write, next: (outcome: Outcome) => Saved) =>
        await saving(next, async (tx) => await store(tx, db, tenant, chunk, ready, write))
      return {
        async store(next) {
          try {
            return await storeBy(insertOrUpsert, next)
          } catch (error) {
            if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error
            return await storeBy(upsertStaged, next)
          }
        },
      }
    },
    forget: async (identities) => await db.write(tenant.id, (tx) => deleteSaved(tx, tenant.id, identities)),
  }
}

type Write = typeof upsertStaged

/** Another writer was faster. */
const UNIQUE_VIOLATION = '23505'

const insertOrUpsert: Write = async (tx, tenantId, months) =>
  (await insertStaged(tx, tenantId, months)) || (await upsertStaged(tx, tenantId, months))

/**
 * Allows one import of a file at a time, because two would write earlier lines over later ones. The lock is held until the session ends,
 * which for a killed process may take a moment.
 */
async function takeTurn(
  { pause, say }: DatabaseSinkDeps,
  client: Client,
  tenant: Tenant,
  identity: Identity,
): Promise<void> {
  for (let attempt = 0; attempt < TURN_ATTEMPTS; attempt++) {
    const { rows } = await client.query<{ mine: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('import ' || $1::int || ' ' || $2::text, 0)) as mine`,
      [tenant.id, identity],
    )
    if (rows[0]?.mine) return
    if (attempt === 0) say('another import of this file is under way: waiting for it')
    await pause(TURN_POLL_MS)
  }
  throw new ImportError('another import of this file is still under way')
}

async function store(
  tx: Transaction<Database>,
  { client }: AdminDatabase,
  tenant: Tenant,
  chunk: Chunk,
  { ordered, rows, months, refused }: Ready,
  write: Write,
): Promise<Outcome> {
  const { collapsed, conflicting } = ordered
  if (ordered.places.length === 0) return { stored: 0, unchanged: 0, deferred: 0, collapsed, conflicting, refused }
  await fillStaging(client, rows)
  await lockAsWriter(tx)
  const state = await readWriteState(tx, tenant.id, months)
  const live = months.filter((month) => state.months[month] === 'live')
  const expired = months.filter((month) => state.months[month] === 'expired')
  const waiting = months.filter((month) => !live.includes(month) && !expired.includes(month))
  const tooLate = expired.length === 0 ? [] : pointsOf(chunk, ordered.places, new Set(expired))
  const deferred = waiting.length === 0 ? 0 : await deferStaged(tx, tenant.id, waiting)
  const written = live.length === 0 ? 0 : await write(tx, tenant.id, waiting.length + expired.length > 0 ? live : null)
  if (state.fence !== null) await invalidateStaged(tx, tenant.id, live, state.fence)
  const stored = ordered.places.length - deferred - tooLate.length
  return { stored, unchanged: stored - written, deferred, collapsed, conflicting, refused: [...refused, ...tooLate] }
}

/** Refuses points of expired months, which cannot be stored any more. */
function pointsOf(chunk: Chunk, places: Uint32Array, months: ReadonlySet<string>): Refusal[] {
  const monthOf = createMonthFinder()
  return [...places]
    .filter((place) => months.has(monthOf(chunk.at[place] ?? 0)))
    .map((place) => ({ line: chunk.line[place] ?? 0, column: null, code: 'month_expired', detail: EXPIRED }))
}
