// Limits and usage on the wire, as a tenant sees its own.
import { count, listOf, monthDay, onWire, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const limitOrNull = count.nullable().describe('Null: no limit.')

const Window = z
  .object({
    limit: limitOrNull,
    used: count.describe('What instances have taken of the limit; they take it for several requests at once.'),
    remaining: limitOrNull,
    resets_at: wireInstant,
  })
  .meta({ title: 'LimitWindow' })

const Room = z.object({ used: count, limit: limitOrNull }).meta({ title: 'LimitRoom' })

export const Limits = z
  .object({
    plan: z.string(),
    limits: z.object({
      requests_per_hour: Window,
      points_per_minute: Window,
      series: z.object({ used: count, limit: count }),
      users: Room,
      keys: Room,
    }),
    refused_today: z
      .object({ requests: count, points: count, series: count })
      .describe('What limits refused since midnight (UTC), up to the last report of each instance.'),
  })
  .meta({ title: 'Limits' })
export type Limits = z.output<typeof Limits>

const day = onWire(z.iso.date('must be a date, such as 2026-11-20'), { type: 'string', format: 'date' })

export const UsageQuery = z.object({ start_date: day.optional(), end_date: day.optional() })
export type UsageQuery = z.output<typeof UsageQuery>

const figures = {
  requests: count,
  refused: count.describe('Requests that the limit of the plan refused.'),
  points_accepted: count,
  points_rejected: count.describe('Points that were invalid, expired, or of a series beyond the limit.'),
  points_refused: count.describe('Points of requests that the limit of the plan refused.'),
  bytes_in: count,
  bytes_out: count,
} as const

export const UsageAnswer = z
  .object({
    tenant: z.string(),
    days: listOf(z.object({ date: monthDay, ...figures })).describe('Days on which something was used, oldest first.'),
    totals: z.object(figures),
    storage: z.object({
      series: count,
      archive_objects: count,
      archive_points: count,
      archive_bytes: count,
      tables: listOf(z.object({ table: z.string(), rows: count, bytes: count })),
    }),
    approximate: listOf(z.string()).describe(
      'Figures that instances count and report once a minute: what they counted since their last report is not in them, and a crash loses it.',
    ),
  })
  .meta({ title: 'Usage' })
export type UsageAnswer = z.output<typeof UsageAnswer>
