// The load that a suite is planned for, and the sizes that follow from it.
import {
  ARCHIVE_BYTES,
  bytesPerPoint,
  DATABASE_SHARE,
  POINT_CPU_S,
  QUERY_DATABASE_S,
  QUERY_FUNCTION_S,
  REQUEST_CPU_S,
  SLOWER,
  WAL_DAYS,
} from './constants.ts'

/** The load of a suite, on average. */
export interface Load {
  readonly pointsPerSecond: number
  readonly series: number
  readonly tenants: number
  /** Points of one request. */
  readonly batch: number
  readonly hotDays: number
  readonly coldDays: number
  readonly queriesPerSecond: number
  readonly hasStandby: boolean
}

/** In GiB, and CPUs that are busy on average. */
export interface Sizes {
  readonly hotGib: number
  /** The points of one day: a machine has memory for two of them. */
  readonly dayGib: number
  readonly archiveGib: number
  /** The log of the days of point-in-time recovery. */
  readonly walGib: number
  readonly walMibPerSecond: number
  readonly databaseCpus: number
  readonly functionCpus: number
  readonly requestsPerSecond: number
}

const GIB = 1024 ** 3
const DAY_S = 86_400

/** The sizes that follow from a load, whatever it runs on. */
export function sizesOf(load: Load): Sizes {
  const { pointsPerSecond: rate, series, batch, hotDays, coldDays, queriesPerSecond } = load
  const requestsPerSecond = rate === 0 ? 0 : rate / batch
  const { bytes, walBytes } = bytesPerPoint(rate === 0 ? DAY_S : series / rate)
  const writeCpus = SLOWER * (requestsPerSecond * REQUEST_CPU_S + rate * POINT_CPU_S)
  return {
    hotGib: (rate * hotDays * DAY_S * bytes) / GIB,
    dayGib: (rate * DAY_S * bytes) / GIB,
    archiveGib: (rate * coldDays * DAY_S * ARCHIVE_BYTES) / GIB,
    walGib: (rate * WAL_DAYS * DAY_S * walBytes) / GIB,
    walMibPerSecond: (rate * walBytes) / 1024 ** 2,
    databaseCpus: writeCpus * DATABASE_SHARE + SLOWER * queriesPerSecond * QUERY_DATABASE_S,
    functionCpus: writeCpus * (1 - DATABASE_SHARE) + SLOWER * queriesPerSecond * QUERY_FUNCTION_S,
    requestsPerSecond: requestsPerSecond + queriesPerSecond,
  }
}
