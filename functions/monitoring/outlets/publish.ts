// A run of each minute: take its sample, store its numbers as points, publish them to Cloud Monitoring.
import { logger } from '@penstock/shared/base/logger.ts'
import { MINUTE, type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'
import { moveBackupMarker } from '@penstock/shared/jobs/backup-marker.ts'
import type { JobCall, JobRunDeps } from '@penstock/shared/jobs/job-run.ts'
import { runJob } from '@penstock/shared/jobs/scheduled.ts'
import type { PublishAnswer } from '../contract.ts'
import type { MonitoringDeps } from '../deps.ts'
import type { CloudMonitoring } from './cloud-monitoring.ts'
import { type SampleNumber, takeSample } from './sample.ts'
import { cloudSeriesOf, pointsOf } from './series.ts'
import type { Topic } from './topic.ts'

const JOB = 'monitoring'

export type PublishDeps = MonitoringDeps &
  JobRunDeps & {
    /** Undefined where nothing is published, such as on a laptop. */
    readonly cloudMonitoring: CloudMonitoring | undefined
    /** Undefined where the suite's own numbers are not stored. */
    readonly topic: Topic | undefined
    /** Minutes between two points of a series. */
    readonly pointMinutes: number
    /** True when Cloud Monitoring knows the database's instance. */
    readonly readsInstance: boolean
  }

export type PublishCall = Omit<JobCall, 'job'>

/** Metrics of Cloud SQL's instance, each a share of 1. */
const INSTANCE_METRICS = [
  ['cpu/utilization', 'cpu_percentage'],
  ['memory/utilization', 'memory_percentage'],
  ['disk/utilization', 'disk_percentage'],
] as const
/** Length of the window that is read, because the service writes these metrics with a delay of some minutes. */
const INSTANCE_WINDOW = 10 * MINUTE

/**
 * Publishes the numbers of a minute: the one of the schedule, or the current one. Safe to repeat: a minute has one sample, and a series takes
 * a minute once. `partial` says that a part was not published; the next minute publishes its own.
 * @throws {Problem} 503 when another run outlasts the call's waiting time, or the database is not available.
 */
export async function publish(deps: PublishDeps, call: PublishCall): Promise<PublishAnswer> {
  const minute = minuteOf(deps, call.scheduleTime)
  const toLog = ({ status, metrics: { errors, ...counts } }: PublishAnswer) => ({
    status,
    ...counts,
    errors: errors.length,
  })
  return await runJob(deps, { job: JOB, ...call }, { work: async () => await publishMinute(deps, minute), toLog })
}

function minuteOf({ now }: PublishDeps, scheduleTime: string | undefined): Micros {
  const at = (scheduleTime === undefined ? undefined : parseTimestamp(scheduleTime)) ?? now() * 1_000
  return Math.floor(at / MINUTE) * MINUTE
}

async function publishMinute(deps: PublishDeps, minute: Micros): Promise<PublishAnswer> {
  const errors: string[] = []
  const failed = (what: string, error: unknown): void => {
    logger.warn({ err: error }, 'monitoring.not_published')
    errors.push(`${what}: ${(error as Error).message}`)
  }
  const instance = await readInstance(deps, minute).catch((error: unknown) => {
    failed('the numbers of the instance could not be read', error)
    return []
  })
  const moment = { tier: deps.platform.tier, now: deps.now() * 1_000, minute, instance }
  const numbers =
    (await deps.db.writeAll(async (tx) => {
      await moveBackupMarker(tx)
      return await takeSample(tx, moment)
    })) ?? []
  let stored = 0
  try {
    stored = await store(deps, numbers, minute)
  } catch (error) {
    failed('the numbers could not be stored as points', error)
  }
  const written = numbers.length > 0 ? await deps.cloudMonitoring?.write(cloudSeriesOf(numbers), minute) : undefined
  for (const detail of written?.errors ?? []) failed('Cloud Monitoring refused a series', new Error(detail))
  return {
    status: errors.length > 0 ? 'partial' : 'success',
    metrics: {
      published: written?.published ?? 0,
      skipped: written?.skipped ?? 0,
      collected: numbers.length,
      stored,
      errors: errors.map((detail) => ({ detail })),
    },
  }
}

/** Returns the number of points that were sent. */
async function store(
  { topic, pointMinutes }: PublishDeps,
  numbers: readonly SampleNumber[],
  minute: Micros,
): Promise<number> {
  if (!topic || numbers.length === 0 || (minute / MINUTE) % pointMinutes !== 0) return 0
  await topic.publish(pointsOf(numbers, minute))
  return numbers.length
}

async function readInstance(
  { cloudMonitoring, readsInstance }: PublishDeps,
  minute: Micros,
): Promise<readonly SampleNumber[]> {
  if (!cloudMonitoring || !readsInstance) return []
  const numbers: SampleNumber[] = []
  for (const [source, metric] of INSTANCE_METRICS) {
    const value = await cloudMonitoring.instanceValue(source, minute - INSTANCE_WINDOW, minute)
    if (value !== undefined) numbers.push({ service: 'database', metric, unit: '%', value: value * 100 })
  }
  return numbers
}
