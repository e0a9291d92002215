// Detections: people are counted, alerts opened and closed, and the points and the ledger written in one transaction.
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { busy, conflict, Problem, quotaExceeded } from '@penstock/shared/base/problem.ts'
import { type Clock, formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Call } from '@penstock/shared/http/service.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import { answerOnce, readIdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import type { SeriesResolver } from '@penstock/shared/points/series.ts'
import { instantJudge, type TimeLimits } from '@penstock/shared/points/verdicts.ts'
import { missing } from '@penstock/shared/resource/resource-call.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { cameras, type Detected, type routes, zones } from './contract.ts'
import type { Counters } from './counters.ts'
import { resolvePoints, savedAt, storePoints, type ZonePoints } from './points.ts'
import {
  addToLedger,
  type CameraKey,
  closeAlert,
  isArchived,
  type Ledger,
  lockLedger,
  openAlert,
  type PlaceRow,
  selectPlace,
} from './queries.ts'
import { readSent, type Sent } from './reading.ts'

export interface DetectDeps {
  readonly db: PenstockDatabase
  readonly counters: Counters
  readonly series: SeriesResolver
  readonly limits: TimeLimits
  readonly now: Clock
  readonly newId: () => string
}

type Tx = Transaction<Database>

/** The numbers of an image or of a camera. */
interface Counts {
  readonly people: number
  /** Undefined in danger, and where there is no estimate. */
  readonly estimated: number | undefined
}

const WRITE_MS = 15_000
const RECENT = 10
const NO_ESTIMATE = 'There is no estimate for this image, so nothing was logged.'

/**
 * Takes a detection. The counters are asked before the transaction, so that no connection waits for them.
 * @throws {Problem} 400 or 422 for what is missing or wrong, 404 for an unknown zone or camera, 409 for a camera that is switched off.
 */
export async function detect(deps: DetectDeps, call: Call<typeof routes.detect>): Promise<Detected> {
  const { caller, headers } = call
  const sent = await readSent(call)
  checkInstant(deps, sent.at)
  // Without a key of the client's, a unit of work that runs twice still counts once.
  const key = headers['idempotency-key'] ?? deps.newId()
  const idempotency = readIdempotencyKey(key, '/sensor/detect', sent.fingerprint)
  const at = { tenantId: caller.tenant.id, zoneId: sent.zoneId, cameraId: sent.cameraId }
  const place = requirePlace(await deps.db.read(at.tenantId, (tx) => selectPlace(tx, at)))
  const counts = await countIn(deps.counters, sent, place)
  const points = await pointsOf(deps, caller, at, counts)
  return await deps.db.write(
    at.tenantId,
    (tx) => answerOnce(tx, at.tenantId, idempotency, () => record(tx, { deps, caller, at, sent, counts, points })),
    { deadline: deps.now() + WRITE_MS },
  )
}

function checkInstant({ limits, now }: DetectDeps, at: Micros | null): void {
  const rejection = at === null ? undefined : instantJudge(limits, now() * 1_000)(0, at)
  if (rejection) throw invalidRequest(rejection.errors)
}

function requirePlace(place: PlaceRow | undefined): PlaceRow {
  if (!place) throw missing(zones)
  if (place.active === null) throw missing(cameras)
  if (!place.active) throw new Problem(conflict, 'The camera is switched off. Switch it on before it counts.')
  return place
}

/** Ninety per cent of the capacity, in whole numbers. A capacity of 0 means that none is set. */
const isDanger = (people: number, capacity: number): boolean => capacity > 0 && people * 10 >= capacity * 9

async function countIn(counters: Counters, { image, people = 0, estimated }: Sent, place: PlaceRow): Promise<Counts> {
  const counted = image ? await counters.people(image) : people
  if (isDanger(counted, place.capacity)) return { people: counted, estimated: undefined }
  return { people: counted, estimated: image ? await counters.estimate(image) : estimated }
}

const savedBy = ({ people, estimated }: Counts): number | undefined => {
  if (estimated === undefined) return undefined
  return estimated === 0 ? 0 : Math.round((people / estimated) * 10_000) / 10_000
}

async function pointsOf(
  { series }: DetectDeps,
  { tenant }: TenantPrincipal,
  at: CameraKey,
  counts: Counts,
): Promise<ZonePoints> {
  const saved = savedBy(counts)
  const values = { people: counts.people, people_estimated: counts.estimated, carbon_saved: saved }
  const resolved = await resolvePoints(series, tenant, at, values)
  if (resolved.limitDetail !== null) throw new Problem(quotaExceeded, resolved.limitDetail)
  return resolved
}

interface Detection {
  readonly deps: DetectDeps
  readonly caller: TenantPrincipal
  readonly at: CameraKey
  readonly sent: Sent
  readonly counts: Counts
  readonly points: ZonePoints
}

/** Writes everything about a detection in the caller's transaction. The lock of the ledger orders the detections of a zone. */
async function record(tx: Tx, detection: Detection): Promise<Detected> {
  const { at, sent, counts } = detection
  const place = requirePlace(await selectPlace(tx, at, true))
  const ledger = await lockLedger(tx, at, sent.at)
  const alert = await alertOf(tx, detection, place)
  await writeDown(tx, detection, ledger)
  const { capacity } = place
  return {
    zone: place.zone,
    capacity,
    detected_people: counts.people,
    occupancy_percentage: capacity === 0 ? null : `${((counts.people * 100) / capacity).toFixed(1)}%`,
    ...alert,
    ...(alert.status === 'DANGER'
      ? { carbon_message: 'Skipped Gemini calculation due to overcrowding.' }
      : carbonOf(sent, counts)),
  }
}

async function alertOf(
  tx: Tx,
  { at, counts: { people } }: Detection,
  { zone, capacity }: PlaceRow,
): Promise<Pick<Detected, 'status' | 'alert_created' | 'alert_id' | 'alert_message' | 'alert_closed'>> {
  if (!isDanger(people, capacity)) {
    const isClosed = await closeAlert(tx, at)
    return { status: 'NORMAL', alert_created: false, ...(isClosed ? { alert_closed: true } : {}) }
  }
  const alert = await openAlert(tx, at, {
    heading: Array.from(`Overcrowding in ${zone}`).slice(0, 255).join(''),
    subHeading: `Detected ${people}/${capacity} people. (Cam: ${at.cameraId})`,
  })
  if (!alert) throw busy('The alert of this camera is being closed. Send the detection again.')
  const message = alert.isNew ? {} : { alert_message: 'Existing alert still active' }
  return { status: 'DANGER', alert_created: alert.isNew, alert_id: alert.id, ...message }
}

/** Writes the points, and the difference that they make in the ledger: a reading that is sent twice for one instant counts once. */
async function writeDown(tx: Tx, { deps, caller: { tenant }, at, sent, counts, points }: Detection, ledger: Ledger) {
  const saved = savedBy(counts)
  if (sent.at !== null && (await isArchived(tx, tenant.id, sent.at)))
    throw invalidRequest([{ pointer: '/timestamp', detail: 'lies in a month whose points are in the archive' }])
  const before = sent.at === null || saved === undefined ? undefined : await savedAt(tx, at, points, ledger.at)
  const { isStored, seriesEpoch } = await storePoints(tx, at, points, ledger.at)
  if (!isStored) {
    if (seriesEpoch === points.epoch)
      throw invalidRequest([{ pointer: '/timestamp', detail: 'lies in a month whose archive has expired' }])
    deps.series.moveTo(tenant, seriesEpoch)
    throw busy('Series of this tenant are being erased. Send the detection again later.')
  }
  if (saved === undefined) return
  await addToLedger(tx, at, {
    logs: before === undefined ? 1 : 0,
    saved: (saved - (before ?? 0)).toFixed(4),
    recent: withRecent(ledger, at.cameraId, saved),
  })
}

/** The newest detections of a zone with one more. The one of the same camera and instant is replaced. */
function withRecent({ at, recent }: Ledger, camera: number, saved: number) {
  const stamp = formatTimestamp(at)
  return [...recent.filter((one) => one.at !== stamp || one.camera !== camera), { at: stamp, camera, saved }]
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, RECENT)
}

function carbonOf({ image }: Sent, counts: Counts): Pick<Detected, 'carbon_data' | 'carbon_error'> {
  const { people, estimated } = counts
  const result = savedBy(counts)
  if (estimated === undefined || result === undefined) return { carbon_error: NO_ESTIMATE }
  return {
    carbon_data: {
      filename: image?.name ?? null,
      sahi_count: people,
      gemini_count: estimated,
      calculation_result: result,
      formula: `${people} / ${estimated} rounded`,
      message: image ? 'Prediction successful via Gemini API' : 'The camera sent its own estimate.',
    },
  }
}
