// The monthly cost of resources and of work, line by line.
import { Cron } from 'croner'
import { schedules } from '../schedules.ts'
import { EMPTY_GIB, IDLE_RUN_S, IMAGE_GIB } from './constants.ts'
import { HOURS, MONTH_S, type Price, prices } from './prices.ts'
import type { Resources } from './resources.ts'

/** A month of a suite's work, beyond its schedules. */
export interface Work {
  readonly requests: number
  /** CPU-seconds of functions. */
  readonly cpuS: number
  /** Sizes of the database, of its log of some days, and of the archive. */
  readonly databaseGib: number
  readonly walGib: number
  readonly archiveGib: number
}

const noWork: Work = { requests: 0, cpuS: 0, databaseGib: EMPTY_GIB, walGib: 0.1, archiveGib: 0 }

export interface Line {
  readonly what: string
  /** The computation as a text. */
  readonly how: string
  readonly usd: number
  /** False when one of its prices is an estimate. */
  readonly checked: boolean
}

const FREE_CPU_S = 180_000
const FREE_GIB_S = 360_000
const FREE_REQUESTS = 2_000_000
const FREE_JOBS = 3
const FREE_SECRETS = 6
const FREE_IMAGES_GIB = 0.5
const FUNCTION_GIB = 0.5
/** An alert asks for its series every 30 s; some of them are one for each function. */
const ASKS = MONTH_S / 30
const SERIES_OF_GROUPED = 2
/** Weeks of a month, in each of which a test instance runs for an hour, and an export is written, which is retained for 30 days. */
const WEEKS = HOURS / (24 * 7)
const SHRUNK = 0.25

/** Returns the lines of a month, without those that are 0 and cannot become anything else. */
export function costsOf(resources: Resources, work: Work = noWork): readonly Line[] {
  return [...databaseLines(resources, work), ...functionLines(resources, work), ...operationLines(resources, work)]
}

/** The sum of lines, in whole cents. */
export const totalOf = (lines: readonly Line[]): number =>
  Math.round(lines.reduce((sum, { usd }) => sum + usd, 0) * 100) / 100

function databaseLines({ machine, diskGib, hasStandby, hasReplica }: Resources, work: Work): readonly Line[] {
  const machineUsd = hourly(machine)
  const copies = hasStandby ? 2 : 1
  const priced = machine.cpus === undefined ? prices.sql_f1_micro_hour : prices.sql_cpu_hour
  const name = `database ${machine.type}${hasStandby ? ' with a standby' : ''}`
  return [
    line(name, `${HOURS} h × ${round(machineUsd * copies, 4)}`, HOURS * machineUsd * copies, [priced]),
    ...(hasReplica ? [line('read replica', `${HOURS} h × ${round(machineUsd, 4)}`, HOURS * machineUsd, [priced])] : []),
    diskLine(diskGib, copies + (hasReplica ? 1 : 0)),
    backupLine(work),
  ]
}

function diskLine(gib: number, copies: number): Line {
  const how = `${copies > 1 ? `${copies} × ` : ''}${round(gib, 0)} GiB × ${prices.sql_disk_month.usd}`
  return line('disk', how, gib * copies * prices.sql_disk_month.usd, [prices.sql_disk_month])
}

/** Seven daily backups hold what is used once, and what changed; the changes are the log's size. */
function backupLine({ databaseGib, walGib }: Work): Line {
  const gib = databaseGib + walGib
  return line(
    'backups and log',
    `${round(gib, 1)} GiB × ${prices.sql_backup_month.usd}`,
    gib * prices.sql_backup_month.usd,
    [prices.sql_backup_month],
  )
}

/** The price of a machine for an hour. */
const hourly = ({ cpus, memoryGib }: Resources['machine']): number =>
  cpus === undefined
    ? prices.sql_f1_micro_hour.usd
    : cpus * prices.sql_cpu_hour.usd + memoryGib * prices.sql_memory_hour.usd

function functionLines({ warm }: Resources, work: Work): readonly Line[] {
  const runs = runsOfMonth()
  const cpuS = Math.max(0, work.cpuS + runs * IDLE_RUN_S - FREE_CPU_S)
  const gibS = Math.max(0, (work.cpuS + runs * IDLE_RUN_S) * FUNCTION_GIB - FREE_GIB_S)
  const requests = Math.max(0, work.requests + runs - FREE_REQUESTS)
  const usd =
    cpuS * prices.run_cpu_second.usd + gibS * prices.run_memory_second.usd + (requests / 1e6) * prices.run_request.usd
  const how = `${thousands(work.cpuS + runs * IDLE_RUN_S)} CPU-s of ${thousands(FREE_CPU_S)} free, ${thousands(work.requests + runs)} requests of 2 M free`
  return [
    line('functions', how, usd, [prices.run_cpu_second]),
    ...warm.map(({ name, instances, memoryGib }) =>
      line(
        `${instances} warm of ${name}`,
        `${instances} × ${thousands(MONTH_S)} s × (1 CPU + ${memoryGib} GiB) × ${prices.run_idle_second.usd}`,
        instances * MONTH_S * (1 + memoryGib) * prices.run_idle_second.usd,
        [prices.run_idle_second],
      ),
    ),
  ]
}

function operationLines(it: Resources, work: Work): readonly Line[] {
  const jobs = Math.max(0, it.jobs - FREE_JOBS)
  const secrets = Math.max(0, it.secretVersions - FREE_SECRETS)
  const imagesGib = (it.functions + 1) * IMAGE_GIB
  const asked = it.conditions * SERIES_OF_GROUPED * ASKS
  return [
    line(
      'alerts',
      `${it.conditions} conditions × ${prices.condition_month.usd}`,
      it.conditions * prices.condition_month.usd,
      [prices.condition_month],
    ),
    line(
      'series that alerts read',
      `${thousands(asked)} × ${prices.series_returned.usd} a million`,
      (asked / 1e6) * prices.series_returned.usd,
      [prices.series_returned],
    ),
    line('schedules', `${it.jobs} jobs, 3 free`, jobs * prices.job_month.usd, [prices.job_month]),
    line('secrets', `${it.secretVersions} versions, 6 free`, secrets * prices.secret_month.usd, [prices.secret_month]),
    line(
      'images',
      `${round(imagesGib, 1)} GiB, 0.5 free`,
      Math.max(0, imagesGib - FREE_IMAGES_GIB) * prices.images_month.usd,
      [prices.images_month],
    ),
    line('verified backups', `${round(WEEKS, 1)} h of a test instance`, WEEKS * hourly(it.machine), [
      prices.sql_cpu_hour,
    ]),
    storageLine(work),
    ...(it.hasBalancer ? [balancerLine()] : []),
    ...(it.redisGib > 0
      ? [
          line('Redis', `${it.redisGib} GiB with a replica`, it.redisGib * HOURS * prices.redis_gib_hour.usd, [
            prices.redis_gib_hour,
          ]),
        ]
      : []),
  ]
}

/** The archive, and the exports of 30 days. */
function storageLine({ archiveGib, databaseGib }: Work): Line {
  const gib = archiveGib + WEEKS * databaseGib * SHRUNK
  return line(
    'archive and exports',
    `${round(gib, 1)} GiB × ${prices.storage_month.usd}`,
    gib * prices.storage_month.usd,
    [prices.storage_month],
  )
}

function balancerLine(): Line {
  const usd = HOURS * prices.balancer_hour.usd + prices.armor_policy_month.usd + 2 * prices.armor_rule_month.usd
  return line('load balancer with Cloud Armor', `${HOURS} h × ${prices.balancer_hour.usd}, a policy, 2 rules`, usd, [
    prices.balancer_hour,
    prices.armor_policy_month,
  ])
}

/** The number of scheduled calls of 30 days, each of which is a request. */
export function runsOfMonth(): number {
  const [from, to] = [Date.parse('2026-06-01T00:00:00Z'), Date.parse('2026-06-02T00:00:00Z')]
  const perDay = Object.values(schedules).map(({ cron, time_zone: timezone }) => {
    const [next, after] = new Cron(cron, { timezone }).nextRuns(2, new Date(from))
    const periodMs = Math.max(1, (after?.getTime() ?? to) - (next?.getTime() ?? from))
    return (to - from) / periodMs
  })
  return Math.round(perDay.reduce((sum, runs) => sum + runs, 0) * (HOURS / 24))
}

const line = (what: string, how: string, usd: number, from: readonly Price[]): Line => ({
  what,
  how,
  usd: Math.round(usd * 100) / 100,
  checked: from.every(({ checked }) => checked),
})

const round = (value: number, digits: number): string => value.toFixed(digits)
const thousands = (value: number): string => Math.round(value).toLocaleString('en-US')
