// The resources of places, cameras, alerts and notices as data, detections, and what was saved.
import {
  conflict,
  keyInUse,
  keyReused,
  notFound,
  type ProblemKind,
  quotaExceeded,
} from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, onWire } from '@penstock/shared/base/wire-schema.ts'
import { bareArray } from '@penstock/shared/resource/envelopes.ts'
import { resource } from '@penstock/shared/resource/resource.ts'
import { z } from 'zod'

const MAX_INT = 2_147_483_647
/** The most people that a camera counts at once. */
const MAX_PEOPLE = 1_000_000
/** The most bytes of an image. */
export const IMAGE_BYTES = 10 * 1024 * 1024
/** The other fields of a form, and the lines between its parts. */
const FORM_BYTES = 64 * 1024

const page = { limit: 1_000, max: 1_000, envelope: bareArray }
const managed = {
  scopes: { read: 'carbon:read', write: 'carbon:write' },
  users: { read: true, write: 'manager' },
  page,
} as const
const name = { schema: text(255) } as const
const rowId = z.int().min(1).max(MAX_INT)
const reference = { schema: rowId, type: 'int' } as const
const capacity = { schema: z.int().min(0).max(MAX_INT), type: 'int', default: 0 } as const
const instant = { schema: timestamp, type: 'timestamptz', given: true } as const
const idParameter = wholeNumber(1, MAX_INT)

/** A coordinate in degrees, sent as a number or as text, and answered as text with six decimals. */
const degrees = (most: number) =>
  onWire(
    z
      .union([z.number(), z.string().regex(/^-?\d{1,3}(\.\d{1,20})?$/)], 'must be a decimal number, such as 47.376887')
      .transform(Number)
      .pipe(z.number().min(-most).max(most))
      .transform((value) => value.toFixed(6)),
    { anyOf: [{ type: 'string' }, { type: 'number' }] },
  )
const coordinate = (most: number) => ({ schema: degrees(most), type: 'numeric', optional: true, asText: true }) as const
const coordinates = { latitude: coordinate(90), longitude: coordinate(180) }

const OrganizationOf = z.object({ id: rowId, name: z.string(), org_type: z.string() })
const ZoneOf = z.object({ id: rowId, name: z.string(), zone_type: z.string() })
const CameraOf = z.object({ id: rowId, name: z.string(), is_active: z.boolean() })

export const organizations = resource('organizations', {
  ...managed,
  title: 'Organization',
  path: '/organizations',
  table: 'carbon_organization',
  fields: {
    name,
    org_type: { schema: text(100) },
    total_capacity: capacity,
    ...coordinates,
    created_at: instant,
    updated_at: instant,
  },
  also: { zones: listOf(ZoneOf.extend({ cameras: listOf(CameraOf) })) },
  order: ['-created_at'],
})

export const zones = resource('zones', {
  ...managed,
  title: 'Zone',
  path: '/zones',
  table: 'carbon_zone',
  fields: {
    name,
    zone_type: { schema: text(100) },
    capacity,
    ...coordinates,
    organization_id: reference,
    created_at: instant,
    updated_at: instant,
  },
  filters: { org_id: idParameter },
  also: { organization: OrganizationOf, cameras: listOf(CameraOf) },
  order: [],
})

export const cameras = resource('cameras', {
  ...managed,
  title: 'Camera',
  path: '/cameras',
  table: 'carbon_camera',
  fields: {
    name,
    is_active: { schema: z.boolean(), type: 'boolean', default: true },
    zone_id: reference,
    created_at: instant,
    updated_at: instant,
  },
  filters: { zone_id: idParameter },
  also: { zone: ZoneOf.extend({ organization: OrganizationOf }) },
  order: [],
})

export const alerts = resource('alerts', {
  title: 'Alert',
  path: '/alerts',
  scopes: { read: 'carbon:read', write: 'carbon:operate' },
  users: { read: true, write: 'operator' },
  page,
  table: 'carbon_alert',
  fields: {
    camera: { ...reference, column: 'camera_id', optional: true },
    heading: { schema: text(255) },
    sub_heading: { schema: text(255, 0), optional: true },
    status: { schema: z.enum(['OPEN', 'CLOSED']), default: 'OPEN', filter: 'equals' },
    closed_at: { ...instant, optional: true },
    resolution: { schema: z.enum(['auto', 'manual']), given: true, optional: true },
    created_at: instant,
    updated_at: instant,
  },
  filters: { org_id: idParameter },
  order: ['-created_at'],
})

export const notifications = resource('notifications', {
  ...managed,
  title: 'Notification',
  path: '/notifications',
  table: 'carbon_notification',
  fields: { title: { schema: text(255) }, message: { schema: text(10_000) }, created_at: instant },
  order: ['-created_at'],
  only: ['list', 'read', 'create', 'remove'],
})

/** A count that a camera made by itself. */
export const Counted = z
  .object({
    zone_id: rowId,
    camera_id: rowId,
    people: z.int().min(0).max(MAX_PEOPLE),
    people_estimated: z.int().min(0).max(MAX_PEOPLE).nullish(),
    timestamp: timestamp.nullish(),
  })
  .meta({ title: 'Detection' })

const CarbonData = z.object({
  filename: z.string().nullable(),
  sahi_count: count,
  gemini_count: count,
  calculation_result: z.number(),
  formula: z.string(),
  message: z.string(),
})
const Detected = z
  .object({
    zone: z.string(),
    capacity: count,
    detected_people: count,
    occupancy_percentage: z.string().nullable(),
    status: z.enum(['NORMAL', 'DANGER']),
    alert_created: z.boolean(),
    alert_id: rowId.optional(),
    alert_message: z.string().optional(),
    alert_closed: z.literal(true).optional(),
    carbon_message: z.string().optional(),
    carbon_data: CarbonData.optional(),
    carbon_error: z.string().optional(),
  })
  .meta({ title: 'DetectionResult' })
export type Detected = z.output<typeof Detected>

const Stats = z
  .object({
    summary: z.object({ total_saved_all_time: z.number(), average_per_detection: z.number(), detections: count }),
    recent_history: listOf(z.object({ zone: z.string(), saved: z.number(), date: z.string() })),
  })
  .meta({ title: 'CarbonStats' })
const Status = z.object({ status: z.literal('OK'), message: z.string() }).meta({ title: 'CarbonStatus' })
const Health = z
  .object({ overall_status: z.enum(['OK', 'DEGRADED']), database: z.literal('OK'), external_service: z.string() })
  .meta({ title: 'CarbonHealth' })

export const crowdFailed: ProblemKind = {
  slug: 'crowd-service-failed',
  status: 502,
  title: 'The crowd service did not count',
}
export const crowdDown: ProblemKind = {
  slug: 'crowd-service-unreachable',
  status: 503,
  title: 'The crowd service cannot be reached',
}
export const crowdSlow: ProblemKind = {
  slug: 'crowd-service-timeout',
  status: 504,
  title: 'The crowd service took too long',
}

const reads = { method: 'GET', scope: 'carbon:read', users: true, audit: readsOnly, problems: [] } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  ...organizations.routes,
  ...zones.routes,
  ...cameras.routes,
  ...alerts.routes,
  ...notifications.routes,
  detect: {
    method: 'POST',
    path: '/sensor/detect',
    scope: 'carbon:operate',
    users: 'operator',
    accepts: ['application/json', 'multipart/form-data'],
    maxBytes: IMAGE_BYTES + FORM_BYTES,
    summary: 'Take the image of a camera, or the number of people that it counted',
    documentedBody: { schema: Counted },
    answer: Detected,
    problems: [notFound, conflict, keyInUse, keyReused, quotaExceeded, crowdFailed, crowdDown, crowdSlow],
    audit: { unaudited: 'The points and the ledger are the record of what a camera counted.' },
    reads: ['Idempotency-Key'],
  },
  stats: {
    ...reads,
    path: '/carbon/stats',
    summary: 'Read what was saved in all zones or in one, with the ten newest detections',
    query: z.object({ zone_id: idParameter.optional() }),
    answer: Stats,
  },
  status: { ...reads, path: '/api/status', summary: 'Show that the function serves', answer: Status },
  health: {
    ...reads,
    path: '/api/health',
    summary: 'Show whether the database and the crowd service answer',
    answer: Health,
  },
} as const satisfies Routes
