// Cloud Monitoring by its own client, over REST. The client is loaded with the first call.
import type { MetricServiceClient } from '@google-cloud/monitoring'
import type { Micros } from '@penstock/shared/base/time.ts'
import { restAuth } from '@penstock/shared/database/rest-auth.ts'
import { MOST_SERIES, readRefusal } from './refusals.ts'
import type { CloudSeries } from './series.ts'

export interface Written {
  readonly published: number
  /** Series that have a point of this minute already. */
  readonly skipped: number
  /** Reasons why series were not written, each once. */
  readonly errors: readonly string[]
}

export interface CloudMonitoring {
  /** Writes one point of each series, all with one end time. Never throws: the answer names what was not written. */
  write(series: readonly CloudSeries[], at: Micros): Promise<Written>
  /** Returns the newest value of a metric of the Cloud SQL instance; undefined when it has none. @throws {Error} of the service. */
  instanceValue(metric: string, from: Micros, to: Micros): Promise<number | undefined>
}

export interface CloudMonitoringOptions {
  readonly project: string
  /** Address of the service, which then needs no token; Google's when absent. */
  readonly endpoint: string | undefined
  readonly metadataHost: string
  /** `project:instance` of Cloud SQL. */
  readonly instance: string | undefined
  readonly now: () => number
}

type Options = NonNullable<ConstructorParameters<typeof MetricServiceClient>[0]>

const SCOPE = 'https://www.googleapis.com/auth/monitoring'
const TIMEOUT_MS = 10_000
const CALL = { timeout: TIMEOUT_MS }

/** Opens the service; nothing is loaded or connected before the first call. */
export function openCloudMonitoring(options: CloudMonitoringOptions): CloudMonitoring {
  const { project, instance } = options
  let opened: Promise<MetricServiceClient> | undefined
  const open = async (): Promise<MetricServiceClient> => await (opened ??= openClient(options))
  const writeSome = async (series: readonly CloudSeries[], at: Micros): Promise<Written> => {
    try {
      const client = await open()
      await client.createTimeSeries(
        { name: `projects/${project}`, timeSeries: series.map((it) => toSeries(it, project, at)) },
        CALL,
      )
      return { published: series.length, skipped: 0, errors: [] }
    } catch (error) {
      const { skipped, errors } = readRefusal((error as Error).message, series.length)
      const published = series.length - skipped.size - errors.size
      return { published, skipped: skipped.size, errors: [...new Set(errors.values())] }
    }
  }
  return {
    async write(series, at) {
      const written: Written[] = []
      for (let i = 0; i < series.length; i += MOST_SERIES)
        written.push(await writeSome(series.slice(i, i + MOST_SERIES), at))
      return {
        published: written.reduce((all, it) => all + it.published, 0),
        skipped: written.reduce((all, it) => all + it.skipped, 0),
        errors: [...new Set(written.flatMap(({ errors }) => errors))],
      }
    },
    async instanceValue(metric, from, to) {
      const client = await open()
      const filter = `metric.type = "cloudsql.googleapis.com/database/${metric}" AND resource.labels.database_id = "${instance ?? ''}"`
      const interval = { startTime: toTime(from), endTime: toTime(to) }
      const [series] = await client.listTimeSeries(
        { name: `projects/${project}`, filter, interval, view: 'FULL' },
        CALL,
      )
      const value = series[0]?.points?.[0]?.value
      const found = value?.doubleValue ?? value?.int64Value ?? undefined
      return found === undefined ? undefined : Number(found)
    },
  }
}

async function openClient(options: CloudMonitoringOptions): Promise<MetricServiceClient> {
  const { MetricServiceClient: Client } = await import('@google-cloud/monitoring')
  const auth = restAuth({ ...options, scope: SCOPE, timeoutMs: TIMEOUT_MS })
  return new Client({ fallback: true, auth } as unknown as Options)
}

const toSeries = ({ type, labels, job, value }: CloudSeries, project: string, at: Micros) => ({
  metric: { type, labels },
  resource: {
    type: 'generic_task',
    labels: { project_id: project, location: 'global', namespace: 'penstock', job, task_id: 'suite' },
  },
  metricKind: 'GAUGE' as const,
  valueType: 'int64Value' in value ? ('INT64' as const) : ('DOUBLE' as const),
  points: [{ interval: { endTime: toTime(at) }, value }],
})

const toTime = (at: Micros) => ({ seconds: Math.floor(at / 1_000_000), nanos: (at % 1_000_000) * 1_000 })
