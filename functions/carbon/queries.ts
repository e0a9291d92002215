// The statements that no resource has. Each one names the tenant.
import { fromPostgres, type Micros, monthOf, toPostgres } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

const organizationOf = (zone: string): RawBuilder<unknown> => sql`(
  select json_build_object('id', o.id, 'name', o.name, 'org_type', o.org_type) from carbon_organization o
  where o.tenant_id = ${sql.ref(`${zone}.tenant_id`)} and o.id = ${sql.ref(`${zone}.organization_id`)})`
const camerasOf = (zone: string): RawBuilder<unknown> => sql`(
  select coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'is_active', c.is_active) order by c.id), '[]')
  from carbon_camera c
  where c.tenant_id = ${sql.ref(`${zone}.tenant_id`)} and c.zone_id = ${sql.ref(`${zone}.id`)} and c.deleted_at is null)`

/** The zones of an organisation, each with its cameras. */
export const zonesOfOrganization = sql`(
  select coalesce(json_agg(
    json_build_object('id', z.id, 'name', z.name, 'zone_type', z.zone_type, 'cameras', ${camerasOf('z')}) order by z.id), '[]')
  from carbon_zone z
  where z.tenant_id = carbon_organization.tenant_id and z.organization_id = carbon_organization.id and z.deleted_at is null)`
/** The organisation and the cameras of a zone. */
export const aroundZone = { organization: organizationOf('carbon_zone'), cameras: camerasOf('carbon_zone') }
/** The zone of a camera, with its organisation. */
export const zoneOfCamera = sql`(
  select json_build_object('id', z.id, 'name', z.name, 'zone_type', z.zone_type, 'organization', ${organizationOf('z')})
  from carbon_zone z where z.tenant_id = carbon_camera.tenant_id and z.id = carbon_camera.zone_id)`

/** The zones of an organisation. */
export const inOrganization = (value: unknown): RawBuilder<unknown> =>
  sql`carbon_zone.organization_id = ${String(value)}::int`
/** The cameras of a zone. */
export const inZone = (value: unknown): RawBuilder<unknown> => sql`carbon_camera.zone_id = ${String(value)}::int`
/** The alerts of an organisation's cameras. */
export const alertsInOrganization = (
  value: unknown,
  { tenantId }: Pick<Removed, 'tenantId'>,
): RawBuilder<unknown> => sql`
  carbon_alert.camera_id in (
    select c.id from carbon_camera c join carbon_zone z on z.tenant_id = c.tenant_id and z.id = c.zone_id
    where z.tenant_id = ${tenantId}::int and z.organization_id = ${String(value)}::int)`

interface Removed {
  readonly tenantId: number
  readonly id: string
}

const deleted = sql`deleted_at = clock_timestamp(), deleted_by = current_setting('app.actor', true)`
const zonesIn = ({ tenantId, id }: Removed) =>
  sql`select id from carbon_zone where tenant_id = ${tenantId}::int and organization_id = ${id}::int`

/** Deletes the zones of an organisation with their cameras. */
export async function unlinkOrganization(tx: Tx, removed: Removed): Promise<void> {
  await removeCameras(tx, removed.tenantId, sql`zone_id in (${zonesIn(removed)})`)
  await sql`update carbon_zone set ${deleted}
    where tenant_id = ${removed.tenantId}::int and organization_id = ${removed.id}::int and deleted_at is null`.execute(
    tx,
  )
}

/** Deletes the cameras of a zone. */
export async function unlinkZone(tx: Tx, { tenantId, id }: Removed): Promise<void> {
  await removeCameras(tx, tenantId, sql`zone_id = ${id}::int`)
}

/** Closes the open alert of a camera that was deleted. */
export async function unlinkCamera(tx: Tx, { tenantId, id }: Removed): Promise<void> {
  await closeAlerts(tx, tenantId, sql`camera_id = ${id}::int`)
}

async function removeCameras(tx: Tx, tenantId: number, which: RawBuilder<unknown>): Promise<void> {
  await closeAlerts(
    tx,
    tenantId,
    sql`camera_id in (select id from carbon_camera where tenant_id = ${tenantId}::int and ${which})`,
  )
  await sql`update carbon_camera set ${deleted}
    where tenant_id = ${tenantId}::int and ${which} and deleted_at is null`.execute(tx)
}

async function closeAlerts(tx: Tx, tenantId: number, which: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql`
    update carbon_alert set status = 'CLOSED', resolution = 'auto'
    where tenant_id = ${tenantId}::int and status = 'OPEN' and deleted_at is null and ${which} returning 1`.execute(tx)
  return rows.length
}

export interface PlaceRow {
  readonly zone: string
  readonly capacity: number
  /** Null when the zone has no such camera. */
  readonly active: boolean | null
}

/** A zone and one of its cameras. With `lock` neither the zone nor its capacity changes before the transaction ends. */
export async function selectPlace(tx: Tx, at: CameraKey, lock = false): Promise<PlaceRow | undefined> {
  const { rows } = await sql<PlaceRow>`
    select z.name as zone, z.capacity, c.is_active as active
    from carbon_zone z left join carbon_camera c
      on c.tenant_id = z.tenant_id and c.zone_id = z.id and c.id = ${at.cameraId}::int and c.deleted_at is null
    where z.tenant_id = ${at.tenantId}::int and z.id = ${at.zoneId}::int and z.deleted_at is null
    ${lock ? sql`for share of z` : sql``}`.execute(tx)
  return rows[0]
}

export interface CameraKey {
  readonly tenantId: number
  readonly zoneId: number
  readonly cameraId: number
}

export interface Alerted {
  readonly id: number
  readonly isNew: boolean
}

/** Opens the alert of a camera, unless one is open. */
export async function openAlert(
  tx: Tx,
  { tenantId, cameraId }: CameraKey,
  { heading, subHeading }: { readonly heading: string; readonly subHeading: string },
): Promise<Alerted | undefined> {
  const { rows: made } = await sql<{ id: number }>`
    insert into carbon_alert (tenant_id, camera_id, heading, sub_heading, status)
    values (${tenantId}::int, ${cameraId}::int, ${heading}::text, ${subHeading}::text, 'OPEN')
    on conflict (tenant_id, camera_id) where status = 'OPEN' and deleted_at is null do nothing returning id`.execute(tx)
  if (made[0]) return { id: made[0].id, isNew: true }
  const { rows: open } = await sql<{ id: number }>`
    select id from carbon_alert
    where tenant_id = ${tenantId}::int and camera_id = ${cameraId}::int and status = 'OPEN' and deleted_at is null`.execute(
    tx,
  )
  return open[0] && { id: open[0].id, isNew: false }
}

/** Closes the open alert of a camera. Returns whether there was one. */
export async function closeAlert(tx: Tx, { tenantId, cameraId }: CameraKey): Promise<boolean> {
  return (await closeAlerts(tx, tenantId, sql`camera_id = ${cameraId}::int`)) > 0
}

/** One of the newest detections of a zone. */
export interface Recent {
  readonly at: string
  readonly camera: number
  readonly saved: number
}

export interface Ledger {
  /** The instant of the detection. */
  readonly at: Micros
  readonly recent: readonly Recent[]
}

/**
 * Locks the ledger of a zone and decides the instant of a detection: the given one, or an instant of the server's clock that no
 * detection of the zone had before. The lock puts all detections of a zone in one order.
 */
export async function lockLedger(tx: Tx, { tenantId, zoneId }: CameraKey, given: Micros | null): Promise<Ledger> {
  const at = sql`${given === null ? null : toPostgres(given)}::timestamptz`
  const { rows } = await sql<{ at: string; recent: readonly Recent[] }>`
    insert into carbon_ledger as l (tenant_id, zone_id, last_at) values (${tenantId}::int, ${zoneId}::int, clock_timestamp())
    on conflict (tenant_id, zone_id) do update set last_at =
      case when ${at} is null then greatest(clock_timestamp(), l.last_at + interval '1 microsecond') else l.last_at end
    returning coalesce(${at}, last_at) as at, recent`.execute(tx)
  const [row] = rows
  if (!row) throw new Error('the ledger of a zone was not locked')
  return { at: fromPostgres(row.at), recent: row.recent }
}

/** Adds a difference to the ledger of a zone. */
export async function addToLedger(
  tx: Tx,
  { tenantId, zoneId }: CameraKey,
  { logs, saved, recent }: { readonly logs: number; readonly saved: string; readonly recent: readonly Recent[] },
): Promise<void> {
  await sql`
    update carbon_ledger set logs = logs + ${logs}::int, saved = saved + ${saved}::numeric, recent = ${JSON.stringify(recent)}::jsonb
    where tenant_id = ${tenantId}::int and zone_id = ${zoneId}::int`.execute(tx)
}

/** Returns whether the points of an instant's month are in the archive, so that the value of the instant is not known here. */
export async function isArchived(tx: Tx, tenantId: number, at: Micros): Promise<boolean> {
  const { rows } = await sql`
    select 1 from archive
    where tenant_id = ${tenantId}::int and dataset = 'metrics' and state in ('written', 'verified')
      and month = ${monthOf(at)}::date limit 1`.execute(tx)
  return rows.length > 0
}

/** Returns the savings of all zones of a tenant, or of one, as the JSON of the answer. */
export async function selectStats(tx: Tx, tenantId: number, zoneId: number | undefined): Promise<string> {
  const { rows } = await sql<{ stats: string }>`
    with ledger as materialized (
      select z.name, l.logs, l.saved, l.recent
      from carbon_ledger l join carbon_zone z on z.tenant_id = l.tenant_id and z.id = l.zone_id and z.deleted_at is null
      where l.tenant_id = ${tenantId}::int and ${zoneId === undefined ? sql`true` : sql`l.zone_id = ${zoneId}::int`}
    ), newest as (
      select name, (r ->> 'saved')::numeric as saved, (r ->> 'at')::timestamptz as at
      from ledger, jsonb_array_elements(recent) r order by at desc, name limit 10
    )
    select json_build_object(
      'summary', (select json_build_object(
        'total_saved_all_time', round(coalesce(sum(saved), 0), 2)::float8,
        'average_per_detection', round(coalesce(sum(saved) / nullif(sum(logs), 0), 0), 2)::float8,
        'detections', coalesce(sum(logs), 0)) from ledger),
      'recent_history', (select coalesce(json_agg(json_build_object('zone', name, 'saved', saved::float8,
        'date', to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')) order by at desc, name), '[]') from newest)
    )::text as stats`.execute(tx)
  return rows[0]?.stats ?? ''
}
