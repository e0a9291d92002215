// The costs of a point in bytes and in CPU, measured on log and chunks: docs/benchmarks.md has the runs. An estimate is marked as one.

/** Bytes of the database, and of its log, by the seconds between two points of a series. Roll-ups are included. */
export const perPoint = [
  { intervalS: 1, bytes: 4.21, walBytes: 7.66 },
  { intervalS: 10, bytes: 5.78, walBytes: 33.4 },
  { intervalS: 60, bytes: 8.04, walBytes: 37.9 },
  { intervalS: 3_600, bytes: 24.4, walBytes: 133 },
] as const

/** CPU of all processes for a request that writes, and for each of its points: `cost.single` is 642 µs, `cost.json-1000` 4.53 µs a point. */
export const REQUEST_CPU_S = 638e-6
export const POINT_CPU_S = 3.9e-6
/** The part of it that the database has; estimate. */
export const DATABASE_SHARE = 0.5
/** CPU of a question in the function and in the database; estimate from query.range-3600 and stored-read. */
export const QUERY_FUNCTION_S = 0.02
export const QUERY_DATABASE_S = 0.01
/** A CPU of Cloud SQL and of Cloud Run does half of the work of a core here; estimate. */
export const SLOWER = 2
/** A machine should not be busier than this on average; estimate. */
export const BUSY = 0.5
/** CPUs that a shared core has on average: it takes bursts only; estimate. */
export const SHARED_CPUS = 0.1
/** Bytes of a point in the archive. */
export const ARCHIVE_BYTES = 0.88
/** Seconds of CPU that a scheduled run takes when there is nothing to do; estimate. */
export const IDLE_RUN_S = 0.3
/** A database without points: roles, catalogue, month tables and samples of monitoring; estimate. */
export const EMPTY_GIB = 1
/** Days of the log for point-in-time recovery. */
export const WAL_DAYS = 7
/** A function's image in the registry, compressed; estimate. */
export const IMAGE_GIB = 0.15
/** Requests of one kind that an instance answers at the same time, with room for bursts; estimate. */
export const HEADROOM = 2

/** The values between two measured intervals, on a logarithmic scale; the ends hold beyond them. */
export function bytesPerPoint(intervalS: number): { readonly bytes: number; readonly walBytes: number } {
  const next = perPoint.findIndex((it) => it.intervalS >= intervalS)
  const [low, high] = next <= 0 ? [] : [perPoint[next - 1], perPoint[next]]
  if (!low || !high) return next === 0 ? perPoint[0] : (perPoint.at(-1) ?? perPoint[0])
  const part = Math.log(intervalS / low.intervalS) / Math.log(high.intervalS / low.intervalS)
  const between = (from: number, to: number): number => from + part * (to - from)
  return { bytes: between(low.bytes, high.bytes), walBytes: between(low.walBytes, high.walBytes) }
}
