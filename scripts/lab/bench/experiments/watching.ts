// The cost of watching: a monitoring run and its share of the write path's CPU, a thousand alert rules, the analytics of their events, and the
// verification of a large audit log.
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { send } from '../../../cli/send.ts'
import { ARCHIVE_BUCKET } from '../../../cli/state.ts'
import { PROJECT } from '../../../local/function-environment.ts'
import { startMonitoring } from '../../../local/monitoring/server.ts'
import { startStorage } from '../../../local/storage/server.ts'
import { median } from '../../figures.ts'
import type { Bench, Experiment } from '../experiment.ts'
import type { Subject } from '../measure.ts'
import { figureRow, type Row } from '../row.ts'
import type { RunningFunction } from '../running-function.ts'
import type { Stage } from '../stage.ts'
import { clearPoints } from '../stored-points.ts'
import { cpuUsOf, serverCpu } from '../suite-cpu.ts'

const MONITORING = '/api/v1/monitoring'
const TIMEOUT_MS = 600_000
const PAIRS = 20
const SLICE_MS = 2_500
const MINUTE_MS = 60_000
const RULES = 1_000
const POINTS = 10
const EVENTS = 100_000
const ENTRIES = 1_000_000
const OF_A_TRANSACTION = 1_000
const RUNS = 6

/** Milliseconds of a monitoring run, and the share of it in the CPU of a minute of writing, from pairs with and without a run. */
export const monitoringCost: Experiment = {
  names: ['monitoring.run', 'monitoring.write-cpu'],
  what: 'a monitoring run, published to a stand-in; % of CPU that one run a minute adds to writing, in 20 pairs',
  isHeavy: true,
  run: measureMonitoring,
}

/** Milliseconds of an evaluation of many rules on one connection, and of the analytics of many events. */
export const alertCost: Experiment = {
  names: ['alerts.rules-1000', 'alerts.analytics'],
  what: '1,000 rules over 1,000 series on one connection; analytics of 100,000 events',
  isHeavy: true,
  run: measureAlerts,
}

/** Milliseconds of computing all hashes of an audit log again. */
export const auditCost: Experiment = {
  names: ['audit.verify-1m'],
  what: 'the hashes of 1 M audit entries computed again and compared with their seals',
  isHeavy: true,
  run: measureAudit,
}

async function measureMonitoring({ stage, load }: Bench): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const cloud = parts.adopt(await startMonitoring({ clock: Date.now, project: PROJECT }), (one) => one.close())
  const ingest = parts.adopt(await stage.start('metrics-ingest', { REPORT_SECONDS: '30' }), (one) => one.stop())
  const settings = { MONITORING_ENDPOINT: cloud.url, MONITORING_WAIT_SECONDS: '60' }
  const monitoring = parts.adopt(await stage.start('monitoring', settings), (one) => one.stop())
  parts.defer(async () => await clearPoints(stage))
  const server = await serverCpu(stage.admin)
  const writes = await load.open({
    port: ingest.port,
    concurrency: 8,
    recipe: { kind: 'batch', points: 1_000 },
    authorization: stage.authorizationFor('metrics-ingest'),
    beginMs: Date.now() - 3 * 60 * MINUTE_MS,
    timeoutMs: TIMEOUT_MS,
  })
  const watch = watcherOf(stage, monitoring)
  await watch.run()
  const shares = await pairsOf({
    writes,
    cpuUs: () => server() + cpuUsOf(ingest.pid()) + cpuUsOf(monitoring.pid()),
    watch: watch.run,
  })
  return [
    figureRow('monitoring.run', 'ms', median(watch.runsMs) ?? 0),
    figureRow('monitoring.write-cpu', '% of CPU', median(shares) ?? 0),
  ]
}

/** Returns runs of monitoring, each for another minute, and how long they took. */
function watcherOf(stage: Stage, monitoring: RunningFunction) {
  let minuteMs = Date.now() - 2 * PAIRS * MINUTE_MS
  const runsMs: number[] = []
  const run = async (): Promise<void> => {
    minuteMs += MINUTE_MS
    const headers = {
      'x-cloudscheduler-jobname': 'monitoring',
      'x-cloudscheduler-scheduletime': formatTimestamp(minuteMs * 1_000),
    }
    const begun = performance.now()
    await operate(stage, monitoring, `${MONITORING}/database/publish-metrics`, headers)
    runsMs.push(performance.now() - begun)
  }
  return { run, runsMs }
}

interface Watched {
  readonly writes: Subject
  readonly cpuUs: () => number
  readonly watch: () => Promise<void>
}

/** Returns for each pair of slices the percentage of CPU that one run in a minute adds to the writes of that minute. */
async function pairsOf({ writes, cpuUs, watch }: Watched): Promise<readonly number[]> {
  const costOf = async (beside: () => Promise<void>): Promise<number> => {
    const before = cpuUs()
    const [slice] = await Promise.all([writes.run(SLICE_MS), beside()])
    return (cpuUs() - before) / slice.count
  }
  const halfway = async (): Promise<void> => {
    await sleep(SLICE_MS / 4)
    await watch()
  }
  await costOf(halfway)
  const shares: number[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    const alone = await costOf(async () => {})
    const watched = await costOf(halfway)
    shares.push(((watched - alone) / alone) * 100 * (SLICE_MS / MINUTE_MS))
  }
  return shares
}

async function measureAlerts({ stage }: Bench): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  parts.defer(async () => await clearPoints(stage))
  parts.defer(async () => void (await stage.admin.query('truncate alert_rule cascade')))
  await writeRecentPoints(stage)
  const { admin, tenantId } = stage
  await admin.query(
    `insert into alert_rule (tenant_id, name, service_name, metric_type, threshold_type, threshold_value, comparison_operator, severity, created_by)
     select $1, 'rule ' || i, 'watched-' || i, 'temp', 'absolute', 80, '>', 'warning', gen_random_uuid() from generate_series(0, $2::int - 1) i`,
    [tenantId, RULES],
  )
  const alerts = parts.adopt(await stage.start('alerts'), (one) => one.stop())
  const evaluations: number[] = []
  for (let run = 0; run < RUNS; run++)
    evaluations.push(await timed(async () => await operate(stage, alerts, `${MONITORING}/alerts/evaluate`)))
  await makeEvents(stage)
  const headers = { authorization: stage.authorizationFor('alerts') }
  const url = `http://127.0.0.1:${alerts.port}${MONITORING}/alerts/history/analytics`
  const answers: number[] = []
  for (let run = 0; run < RUNS; run++)
    answers.push(await timed(async () => expect200(await send(url, { method: 'GET', headers, timeoutMs: TIMEOUT_MS }))))
  return [
    // The first run makes the states of all rules; the others are those of every minute.
    figureRow('alerts.rules-1000', 'ms', Math.max(...evaluations)),
    figureRow('alerts.analytics', 'ms', median(answers.slice(1)) ?? 0),
  ]
}

/** Makes events of all rules, one every 25 seconds. */
async function makeEvents({ admin, tenantId }: Stage): Promise<void> {
  await admin.query(
    `insert into alert_event (tenant_id, rule_id, triggered_at, resolved_at, severity, metric_value, threshold_value, message, resolution_method)
     select $1, r.id, now() - i * interval '25 seconds', now() - (i * 25 - 20) * interval '1 second',
       (array['info', 'warning', 'critical'])[1 + i % 3], i, 80, 'above 80', 'auto'
     from (select id, row_number() over () as place from alert_rule) r
     join generate_series(1, $2::int) i on r.place = 1 + i % $3::int`,
    [tenantId, EVENTS, RULES],
  )
  await admin.query('vacuum (analyze) alert_event')
}

/** Writes points of the last minutes into 1,000 series, a tenth of them above the rules' threshold. */
async function writeRecentPoints(stage: Stage): Promise<void> {
  const ingest = await stage.start('metrics-ingest')
  const url = `http://127.0.0.1:${ingest.port}${MONITORING}/metrics/batch`
  const headers = { authorization: stage.authorizationFor('metrics-ingest'), 'content-type': 'application/json' }
  for (let point = 0; point < POINTS; point++) {
    const timestamp = new Date(Date.now() - point * 20_000).toISOString()
    const body = JSON.stringify(
      Array.from({ length: RULES }, (_, i) => ({
        service_name: `watched-${i}`,
        metric_type: 'temp',
        metric_value: i % 10 === 0 ? 100 : 10,
        unit: 'C',
        timestamp,
      })),
    )
    expect200(await send(url, { method: 'POST', headers, body, timeoutMs: TIMEOUT_MS }))
  }
  await ingest.stop()
}

async function measureAudit({ stage }: Bench): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const { admin, tenantId } = stage
  await admin.query('truncate insight_feedback')
  // Many transactions, as requests make them: a transaction is sealed as a whole.
  for (let from = 0; from < ENTRIES; from += OF_A_TRANSACTION)
    await admin.query(
      `insert into insight_feedback (tenant_id, insight_id, user_id, rating)
       select $1, 'insight-' || i / 1000, 'user-' || i % 1000, 1 + i % 5 from generate_series($2::int, $3::int) i`,
      [tenantId, from, from + OF_A_TRANSACTION - 1],
    )
  parts.defer(async () => void (await admin.query('truncate insight_feedback')))
  const folder = `${stage.folder}/storage`
  const storage = await startStorage({ folder, clock: Date.now, buckets: [ARCHIVE_BUCKET] })
  parts.defer(() => storage.close())
  const settings = { ARCHIVE_STORAGE_ENDPOINT: storage.url, AUDIT_BUCKET: ARCHIVE_BUCKET }
  const audit = parts.adopt(await stage.start('audit', settings), (one) => one.stop())
  while ((await operate(stage, audit, '/api/v1/audit/seal')).more) await sleep(100)
  let entries = 0
  const ms = await timed(async () => {
    let from: number | null = 1
    while (from !== null) {
      const answer: Verified = await verify(stage, audit, from)
      if (!answer.ok) throw new Error(`the audit log is not whole: ${JSON.stringify(answer.first_broken)}`)
      entries += answer.entries
      from = answer.more ? answer.next : null
    }
  })
  if (entries < ENTRIES) throw new Error(`only ${entries} entries were verified`)
  return [{ ...figureRow('audit.verify-1m', 'ms', ms), peak_rss_mb: audit.peakRssMb() }]
}

interface Verified {
  readonly ok: boolean
  readonly entries: number
  readonly more: boolean
  readonly next: number | null
  readonly first_broken: unknown
}

async function verify(stage: Stage, audit: RunningFunction, from: number): Promise<Verified> {
  const headers = { authorization: operatorOf(stage) }
  const url = `http://127.0.0.1:${audit.port}/api/v1/audit/verify?from=${from}`
  return JSON.parse(expect200(await send(url, { method: 'GET', headers, timeoutMs: TIMEOUT_MS }))) as Verified
}

/** Calls the route of a job as an operator. */
async function operate(
  stage: Stage,
  one: RunningFunction,
  path: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly more?: boolean }> {
  const headers = { authorization: operatorOf(stage), 'content-type': 'application/json', ...more }
  const url = `http://127.0.0.1:${one.port}${path}`
  const answer = await send(url, { method: 'POST', headers, body: '{}', timeoutMs: TIMEOUT_MS })
  return JSON.parse(expect200(answer)) as { readonly more?: boolean }
}

const operatorOf = (stage: Stage): string => stage.authorizationFor('compaction')

function expect200({ status, body }: { readonly status: number; readonly body: string }): string {
  if (status !== 200) throw new Error(`a function answered ${status} ${body}`)
  return body
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
