// The form of a request to timeSeries.create, and the rules that hold for the request as a whole.
// https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TimeSeries
import { z } from 'zod'
import { invalidArgument } from './api-error.ts'

/** Maximum number of series in a request: https://cloud.google.com/monitoring/quotas */
const MOST_SERIES = 200

/** The labels of each type of resource. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  generic_task: ['project_id', 'location', 'namespace', 'job', 'task_id'],
  generic_node: ['project_id', 'location', 'namespace', 'node_id'],
  global: ['project_id'],
  cloudsql_database: ['project_id', 'region', 'database_id'],
}

const labels = z.record(z.string().max(100), z.string().max(1024)).default({})

/** An enum's name or its number: Google's clients send the number. */
function oneOf(names: readonly [string, ...string[]]) {
  return z
    .union([
      z.enum(names),
      z
        .int()
        .min(0)
        .max(names.length - 1)
        .transform((i) => names[i] ?? ''),
    ])
    .optional()
}

const TypedValue = z
  .strictObject({
    doubleValue: z.number().optional(),
    int64Value: z
      .union([z.string().regex(/^-?\d{1,19}$/), z.int()])
      .transform(String)
      .optional(),
    boolValue: z.boolean().optional(),
    stringValue: z.string().max(64_000).optional(),
  })
  .refine((value) => Object.values(value).filter((it) => it !== undefined).length === 1, 'exactly one value is needed')

const Point = z.strictObject({
  interval: z.strictObject({ endTime: z.string(), startTime: z.string().optional() }),
  value: TypedValue,
})

const Series = z.strictObject({
  metric: z.strictObject({
    type: z.string().regex(/^(?:custom\.googleapis\.com|workload\.googleapis\.com)\/[a-zA-Z0-9_/.-]{1,200}$/),
    labels,
  }),
  resource: z.strictObject({ type: z.string(), labels }),
  metricKind: oneOf(['METRIC_KIND_UNSPECIFIED', 'GAUGE', 'DELTA', 'CUMULATIVE']),
  valueType: oneOf(['VALUE_TYPE_UNSPECIFIED', 'BOOL', 'INT64', 'DOUBLE', 'STRING', 'DISTRIBUTION', 'MONEY']),
  unit: z.string().optional(),
  points: z.array(Point),
})

export type WrittenSeries = z.output<typeof Series>
export type WrittenPoint = z.output<typeof Point>

const Request = z.strictObject({ name: z.string().optional(), timeSeries: z.array(Series) })

/** Reads a request, and refuses it as a whole where the service does. @throws {MonitoringError} 400 */
export function readSeries(body: unknown): readonly WrittenSeries[] {
  const parsed = Request.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalidArgument(`Invalid value at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? ''}`)
  }
  const { timeSeries } = parsed.data
  if (timeSeries.length > MOST_SERIES)
    throw invalidArgument(
      `Field timeSeries had an invalid value: up to ${MOST_SERIES} time series can be written at once.`,
    )
  const seen = new Set<string>()
  for (const [i, series] of timeSeries.entries()) {
    if (series.points.length !== 1)
      throw invalidArgument(
        `Field timeSeries[${i}].points had an invalid value: exactly one point must be written per series.`,
      )
    refuseResource(series, i)
    const key = keyOf(series)
    if (seen.has(key))
      throw invalidArgument(
        `Field timeSeries[${i}] had an invalid value: Duplicate TimeSeries encountered. Only one point can be written per TimeSeries per request.`,
      )
    seen.add(key)
  }
  return timeSeries
}

function refuseResource({ resource }: WrittenSeries, i: number): void {
  const wanted = RESOURCES[resource.type]
  if (!wanted)
    throw invalidArgument(
      `Field timeSeries[${i}].resource.type had an invalid value of "${resource.type}": Unrecognized resource type.`,
    )
  const given = Object.keys(resource.labels)
  const unknown = given.find((name) => !wanted.includes(name))
  if (unknown !== undefined)
    throw invalidArgument(
      `Field timeSeries[${i}].resource.labels had an invalid value: Unrecognized label "${unknown}".`,
    )
  const missing = wanted.find((name) => !given.includes(name))
  if (missing !== undefined)
    throw invalidArgument(`Field timeSeries[${i}].resource.labels had an invalid value: Missing label "${missing}".`)
}

/** Identifies a series: its metric and its resource, with their labels in any order. */
export const keyOf = ({ metric, resource }: Pick<WrittenSeries, 'metric' | 'resource'>): string =>
  JSON.stringify([metric.type, sorted(metric.labels), resource.type, sorted(resource.labels)])

const sorted = (pairs: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(pairs).toSorted(([a], [b]) => (a < b ? -1 : 1))
