// Requests and answers of the Prometheus HTTP API: https://prometheus.io/docs/prometheus/2.42/querying/api/
import { type Routes, readsOnly } from '@penstock/shared/base/wire.ts'
import { listOf, mapOf } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const parameter = (what: string) => z.string().optional().describe(what)
const instant = (what: string) => parameter(`${what}: seconds since 1970, or RFC 3339.`)

const limit = parameter('Maximum entries of the answer; 0 or absent: as many as there may be.')
const timeout = parameter('Maximum time of the query, such as `10s`; at most 25 s.')
const query = parameter('The expression; required.')
const range = { start: instant('First instant'), end: instant('Last instant') }
const matchers = z.array(z.string()).optional().describe('Selectors of series, each `match[]=…`.')

export const InstantQuery = z.object({ query, time: instant('When, default now'), timeout, limit })
export const StepQuery = z.object({
  query,
  ...range,
  step: parameter('Time between two steps: seconds, or a duration such as `15s`; required.'),
  timeout,
  limit,
})
export const MatchQuery = z.object({ 'match[]': matchers, ...range, limit })
export const MetadataQuery = z.object({
  metric: parameter('Name of a metric; absent: all.'),
  limit,
  limit_per_metric: limit,
})
export const FormatQuery = z.object({ query })

export type InstantQuery = z.output<typeof InstantQuery>
export type StepQuery = z.output<typeof StepQuery>
export type MatchQuery = z.output<typeof MatchQuery>
export type MetadataQuery = z.output<typeof MetadataQuery>

const answerOf = <T extends z.ZodType>(data: T) =>
  z.object({
    status: z.literal('success'),
    data,
    warnings: listOf(z.string()).optional().describe('What the answer lacks.'),
  })

const PromqlError = z
  .object({
    status: z.literal('error'),
    errorType: z
      .string()
      .describe('`bad_data`, `execution`, `timeout`, or the reason why the request was not answered.'),
    error: z.string(),
  })
  .meta({ title: 'PromqlError' })
export type PromqlError = z.output<typeof PromqlError>

const pair = listOf(z.union([z.number(), z.string()])).describe('Seconds since 1970, and the value as text.')
const labels = mapOf(z.string())
const Result = z
  .object({
    resultType: z.enum(['matrix', 'vector', 'scalar', 'string']),
    result: z.union([
      pair,
      listOf(z.object({ metric: labels, value: pair.optional(), values: listOf(pair).optional() })),
    ]),
  })
  .meta({ title: 'PromqlResult' })
const Evaluated = answerOf(Result).meta({ title: 'PromqlAnswer' })
const Names = answerOf(listOf(z.string())).meta({ title: 'PromqlNames' })
const SeriesList = answerOf(listOf(labels)).meta({ title: 'PromqlSeries' })
const Metadata = answerOf(mapOf(listOf(z.object({ type: z.string(), help: z.string(), unit: z.string() })))).meta({
  title: 'PromqlMetadata',
})
const Text = answerOf(z.string()).meta({ title: 'PromqlText' })
const BuildInfo = answerOf(mapOf(z.string())).meta({ title: 'PromqlBuild' })

const api = '/prometheus/api/v1'
const common = {
  scope: 'metrics:read',
  users: true,
  audit: readsOnly,
  problems: [],
  failures: [{ schema: PromqlError }],
} as const
const get = { method: 'GET', ...common } as const
/** Parameters may be in the query string, in a form, or in both. */
const post = { method: 'POST', ...common, accepts: ['application/x-www-form-urlencoded'] } as const

const instantQuery = { path: `${api}/query`, query: InstantQuery, answer: Evaluated } as const
const rangeQuery = { path: `${api}/query_range`, query: StepQuery, answer: Evaluated } as const
const series = { path: `${api}/series`, query: MatchQuery, answer: SeriesList } as const
const labelNames = { path: `${api}/labels`, query: MatchQuery, answer: Names } as const
const format = { path: `${api}/format_query`, query: FormatQuery, answer: Text } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  query: { ...get, ...instantQuery, summary: 'Evaluate a PromQL expression at an instant' },
  queryForm: { ...post, ...instantQuery, summary: 'Evaluate a PromQL expression at an instant, sent as a form' },
  range: { ...get, ...rangeQuery, summary: 'Evaluate a PromQL expression at the steps of a range' },
  rangeForm: {
    ...post,
    ...rangeQuery,
    summary: 'Evaluate a PromQL expression at the steps of a range, sent as a form',
  },
  series: { ...get, ...series, summary: 'List the series of PromQL selectors' },
  seriesForm: { ...post, ...series, summary: 'List the series of PromQL selectors, sent as a form' },
  labels: { ...get, ...labelNames, summary: 'List the names of labels' },
  labelsForm: { ...post, ...labelNames, summary: 'List the names of labels, asked for with a form' },
  labelValues: {
    ...get,
    path: `${api}/label/{name}/values`,
    query: MatchQuery,
    answer: Names,
    summary: 'List the values of a label',
  },
  metadata: {
    ...get,
    path: `${api}/metadata`,
    query: MetadataQuery,
    answer: Metadata,
    summary: 'List the metrics with their units',
  },
  format: { ...get, ...format, summary: 'Write a PromQL expression in its usual form' },
  formatForm: { ...post, ...format, summary: 'Write a PromQL expression, sent as a form, in its usual form' },
  buildInfo: {
    ...get,
    path: `${api}/status/buildinfo`,
    answer: BuildInfo,
    summary: 'Name the version of Prometheus that is followed',
  },
} as const satisfies Routes
