// The number of series by metric and by label, on the wire.
import { readsOnly, text, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const MAX_NAME = 200
const MAX_LABEL = 4_096
const MAX_ENTRIES = 1_000

export const CardinalityQuery = z.object({
  service_name: text(MAX_NAME).optional(),
  label: text(MAX_LABEL, 0).optional(),
  limit: wholeNumber(1, MAX_ENTRIES).default(20),
})
export type CardinalityQuery = z.output<typeof CardinalityQuery>

const Cardinality = z
  .object({
    series: count.describe('Active series, of the service if one is named.'),
    limit: count.describe('The most active series that the tenant may have.'),
    by_metric: listOf(z.object({ service_name: z.string(), metric_type: z.string(), series: count })).describe(
      'Most series first.',
    ),
    by_label: listOf(
      z.object({ label: z.string(), values: count, series: count.describe('Series that have the label.') }),
    ).describe('The label with the most values first.'),
    label_values: listOf(z.object({ value: z.string().nullable(), series: count }))
      .optional()
      .describe('With `label`: its values as text, most series first.'),
  })
  .meta({ title: 'Cardinality' })
export type Cardinality = z.output<typeof Cardinality>

export const cardinalityRoute = {
  method: 'GET',
  scope: 'metrics:read',
  users: true,
  audit: readsOnly,
  path: '/api/v1/monitoring/metrics/cardinality',
  summary: 'Count series by metric and by label',
  query: CardinalityQuery,
  answer: Cardinality,
  problems: [],
} as const
