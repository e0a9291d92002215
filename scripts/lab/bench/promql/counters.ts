// Counters of many series with resets, as remote writes.
import { double, field, literals, text, varint } from '../foreign-requests.ts'

export const SERIES = 100
export const SCRAPE_S = 15
/** Six hours of steps, after a first window that precedes them. */
export const HOURS_S = 6 * 3_600
const BEFORE_S = 600
/** Prometheus refuses samples that are much older than the newest one, so all series are written side by side. */
const PIECE_S = 600

export const METRIC = 'bench_requests_total'

/** Returns the bodies of remote writes, oldest first, of counters until an instant. */
export function counterWrites(endS: number): readonly Buffer[] {
  const beginS = endS - HOURS_S - BEFORE_S
  const totals = new Float64Array(SERIES)
  const bodies: Buffer[] = []
  for (let from = beginS; from <= endS; from += PIECE_S) {
    const series: Buffer[] = []
    for (let n = 0; n < SERIES; n++) {
      const samples: Buffer[] = []
      for (let at = from; at < from + PIECE_S && at <= endS; at += SCRAPE_S) {
        // A counter begins again about three times a day, and has fractions as counters of seconds do.
        const step = Math.floor((at - beginS) / SCRAPE_S)
        totals[n] = (step + 37 * n) % 1_900 === 0 ? 0 : (totals[n] as number) + ((step * 7 + n * 13) % 11) / 4
        samples.push(field(2, Buffer.concat([Buffer.from([0x09]), double(totals[n] as number), tagged(2, at * 1_000)])))
      }
      series.push(field(1, Buffer.concat([...labelsOf(n), ...samples])))
    }
    bodies.push(literals(series))
  }
  return bodies
}

const tagged = (number: number, value: number): Buffer => Buffer.concat([varint(number << 3), varint(value)])

function labelsOf(n: number): readonly Buffer[] {
  const labels = {
    __name__: METRIC,
    instance: `host-${n}:9100`,
    job: 'bench',
    mode: `mode-${n % 8}`,
    zone: `z${n % 5}`,
  }
  return Object.entries(labels).map(([name, value]) => field(1, Buffer.concat([text(1, name), text(2, value)])))
}
