// Erases series of a tenant: their points wherever they are, their roll-ups, and their names.
import { promisify } from 'node:util'
import { readPush } from '@penstock/shared/http/push-message.ts'
import { canonicalLabels, type Labels } from '@penstock/shared/points/labels.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { sql } from 'kysely'
import { refuseHeld } from './hold-check.ts'
import { countNameless, eraseNameless, eraseNames, passGate } from './logged.ts'
import { countInMetricObjects } from './metric-objects.ts'
import { eraseByRuns } from './object-runs.ts'
import type { EraseDeps, Place } from './place.ts'

export interface SeriesFilter {
  readonly service: string
  /** Undefined for any type. */
  readonly type: string | undefined
  readonly labels: Labels | undefined
}

/**
 * Erases the matching series. Stop their senders first: points that are sent afterwards make new series. Returns the searched places with
 * what is left there. Safe to repeat, and to resume after an interruption.
 * @throws {Held} before anything is changed, when a hold covers points of the tenant.
 */
export async function eraseSeries(deps: EraseDeps, filter: SeriesFilter): Promise<readonly Place[]> {
  await refuseHeld(deps, ['metrics'])
  const isErased = fits(filter)
  const ids = await selectIds(deps, filter)
  const objects = await eraseByRuns(deps, isErased)
  const letters = await eraseLetters(deps, filter, 'erase')
  const keys = await eraseVerdicts(deps, filter)
  const names = await eraseNames(deps, ids)
  await passGate(deps, { pause: promisify(setTimeout) })
  const stored = await eraseNameless(deps)
  return [
    { place: 'points in archive objects', erased: objects, remains: await countInMetricObjects(deps, isErased) },
    {
      place: 'dead letters that name them',
      erased: letters,
      remains: await eraseLetters(deps, filter, 'count'),
    },
    { place: 'idempotency keys whose verdicts name them', ...keys },
    { place: 'names of series', erased: names, remains: (await selectIds(deps, filter)).length },
    { place: 'points and roll-ups in log and chunks', erased: stored, remains: await countNameless(deps) },
  ]
}

function fits({ service, type, labels }: SeriesFilter): (series: SeriesName) => boolean {
  const canonical = labels === undefined ? undefined : canonicalLabels(labels)
  return (series) =>
    series.service === service &&
    (type === undefined || series.type === type) &&
    (canonical === undefined || series.labels === canonical)
}

async function selectIds({ db, tenant }: EraseDeps, { service, type, labels }: SeriesFilter): Promise<number[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ id: number }>`
        select id from metric_series where tenant_id = ${tenant.id}::int and service_name = ${service}
          and (${type ?? null}::text is null or metric_type = ${type ?? null}::text)
          and (${labels === undefined ? null : canonicalLabels(labels)}::jsonb is null
            or labels = ${labels === undefined ? null : canonicalLabels(labels)}::jsonb)`.execute(tx)
    return rows.map(({ id }) => id)
  })
}

/** Deletes every dead letter that names the service, because a letter cannot be erased in part. */
async function eraseLetters({ db, tenant }: EraseDeps, filter: SeriesFilter, mode: 'erase' | 'count'): Promise<number> {
  let found = 0
  for (let after = '0'; ; ) {
    const letters = await db.read(tenant.id, async (tx) => {
      const { rows } = await sql<{ id: string; content_type: string; detail: string; payload: Buffer }>`
          select id, content_type, detail, payload from dead_letter
          where tenant_id = ${tenant.id}::int and id > ${after}::bigint order by id limit ${AT_ONCE}::int`.execute(tx)
      return rows
    })
    for (const letter of letters) {
      after = letter.id
      if (!namesIt(letter, filter)) continue
      found++
      if (mode === 'count') continue
      await db.write(
        tenant.id,
        async (tx) => void (await sql`delete from dead_letter where id = ${letter.id}::bigint`.execute(tx)),
      )
    }
    if (letters.length < AT_ONCE) return found
  }
}

const AT_ONCE = 100

/** Searches the payload as received, the message that it wraps, and the escaped form in JSON. */
function namesIt(
  letter: { readonly content_type: string; readonly detail: string; readonly payload: Buffer },
  { service, type }: SeriesFilter,
): boolean {
  const message = readPush({ 'content-type': letter.content_type }, letter.payload)
  const texts = [Buffer.from(letter.detail), letter.payload, ...('data' in message ? [message.data] : [])]
  const isNamed = (name: string): boolean =>
    texts.some((text) => text.includes(name) || text.includes(JSON.stringify(name).slice(1, -1)))
  return isNamed(service) && (type === undefined || isNamed(type))
}

async function eraseVerdicts(
  { db, tenant }: EraseDeps,
  { service, type }: SeriesFilter,
): Promise<Omit<Place, 'place'>> {
  return await db.write(tenant.id, async (tx) => {
    const named = sql`tenant_id = ${tenant.id}::int and strpos(verdicts::text, ${service}) > 0
      and strpos(verdicts::text, ${type ?? ''}) > 0`
    const { numAffectedRows } = await sql`delete from idempotency_key where ${named}`.execute(tx)
    const { rows } = await sql<{
      count: number
    }>`select count(*)::int as count from idempotency_key where ${named}`.execute(tx)
    return { erased: Number(numAffectedRows ?? 0), remains: rows[0]?.count ?? 0 }
  })
}
