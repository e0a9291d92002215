// Series to compare answers over: counters with resets, gauges with gaps, histograms, series that come and go.
import { seededRandom } from '../../../scripts/lab/random.ts'
import type { WrittenSeries } from '../programs/prometheus-receiver.ts'

export const START_MS = Date.UTC(2026, 2, 1, 10, 0, 0)
const SCRAPE_MS = 15_000
const COUNT = 600
export const END_MS = START_MS + (COUNT - 1) * SCRAPE_MS

type Labels = Readonly<Record<string, string>>
type Chance = () => number

/** Returns the same series at every call. */
export function exampleSeries(): readonly WrittenSeries[] {
  const chance = seededRandom('promql').next
  return [...counters(chance), ...gauges(chance), ...histograms(chance), ...machines(chance), ...odd(chance)]
}

interface Shape {
  readonly labels: Labels
  /** Returns the value of a scrape; undefined for a scrape that failed. */
  readonly value: (i: number) => number | undefined
  /** Later than the full quarter of a minute, in ms. */
  readonly shift?: number
  readonly every?: number
}

function series({ labels, value, shift = 0, every = 1 }: Shape): WrittenSeries {
  const at: number[] = []
  const values: number[] = []
  for (let i = 0; i < COUNT; i += every) {
    const next = value(i)
    if (next === undefined) continue
    at.push(START_MS + i * SCRAPE_MS + shift)
    values.push(next)
  }
  return { labels, at, value: values }
}

/** Requests by job, instance, method and code: with restarts, failed scrapes, and instances that are replaced. */
function counters(chance: Chance): readonly WrittenSeries[] {
  const found: WrittenSeries[] = []
  for (const [job, instance] of [
    ['api', 'a:80'],
    ['api', 'b:80'],
    ['web', 'c:80'],
    ['web', 'd:80'],
  ] as const) {
    const restart = 100 + Math.floor(chance() * 400)
    for (const method of ['GET', 'POST']) {
      for (const code of ['200', '404', '500']) {
        let total = Math.floor(chance() * 1_000)
        const pace = chance() * 40
        const [from, to] = instance === 'd:80' ? [200, 420] : [0, COUNT]
        found.push(
          series({
            labels: { __name__: 'http_requests_total', job, instance, method, code },
            shift: Math.floor(chance() * 9_000),
            value: (i) => {
              total = i === restart ? 0 : total + Math.floor(chance() * pace)
              if (i < from || i >= to || (i > 300 && i < 330 && instance === 'b:80')) return undefined
              return chance() < 0.02 ? undefined : total
            },
          }),
        )
      }
    }
  }
  return found
}

function gauges(chance: Chance): readonly WrittenSeries[] {
  const found: WrittenSeries[] = []
  for (const site of ['north', 'south', 'east']) {
    for (const sensor of ['1', '2']) {
      const base = chance() * 20
      found.push(
        series({
          labels: { __name__: 'temperature_celsius', job: 'weather', site, sensor },
          value: (i) => (chance() < 0.05 ? undefined : base + 10 * Math.sin(i / 40) + chance() - 8),
        }),
        series({
          labels: { __name__: 'power_watts', job: 'solar', site, panel: sensor },
          every: 4,
          shift: 5_000,
          value: (i) => Math.max(0, 400 * Math.sin((i / COUNT) * Math.PI) * (0.8 + 0.2 * chance())),
        }),
      )
    }
  }
  found.push(
    series({ labels: { __name__: 'limit', job: 'weather', site: 'north' }, value: () => 12.5 }),
    series({ labels: { __name__: 'limit', job: 'weather', site: 'south' }, value: () => 3 }),
    series({ labels: { __name__: 'queue_length', job: 'api' }, value: (i) => (i % 50 < 25 ? i % 7 : 3) }),
  )
  return found
}

function histograms(chance: Chance): readonly WrittenSeries[] {
  const bounds = ['0.05', '0.1', '0.25', '0.5', '1', '2.5', '+Inf']
  return ['a:80', 'b:80'].flatMap((instance) => {
    const counts = bounds.map(() => 0)
    const rows = Array.from({ length: COUNT }, () => {
      const first = Math.floor(chance() * bounds.length)
      const added = 1 + Math.floor(chance() * 5)
      for (let b = first; b < bounds.length; b++) counts[b] = (counts[b] as number) + added
      return [...counts]
    })
    const labels = { job: 'api', instance }
    return [
      ...bounds.map((le, b) =>
        series({ labels: { __name__: 'request_seconds_bucket', ...labels, le }, value: (i) => rows[i]?.[b] }),
      ),
      series({ labels: { __name__: 'request_seconds_count', ...labels }, value: (i) => rows[i]?.at(-1) }),
      series({ labels: { __name__: 'request_seconds_sum', ...labels }, value: (i) => (rows[i]?.at(-1) ?? 0) * 0.31 }),
    ]
  })
}

/** Metrics of node exporter from two machines. */
function machines(chance: Chance): readonly WrittenSeries[] {
  const found: WrittenSeries[] = []
  for (const instance of ['n1:9100', 'n2:9100']) {
    const labels = { job: 'node', instance }
    for (const cpu of ['0', '1']) {
      for (const mode of ['idle', 'user', 'system', 'iowait']) {
        let seconds = chance() * 1e6
        const share = mode === 'idle' ? 12 : 1
        found.push(
          series({
            labels: { __name__: 'node_cpu_seconds_total', ...labels, cpu, mode },
            value: () => (seconds += chance() * share),
          }),
        )
      }
    }
    for (const [name, size] of [
      ['node_memory_MemTotal_bytes', 8e9],
      ['node_memory_MemAvailable_bytes', 3e9],
      ['node_filesystem_size_bytes', 1e11],
      ['node_filesystem_avail_bytes', 4e10],
    ] as const) {
      const moves = name.includes('vail')
      const device = name.includes('filesystem') ? { device: '/dev/sda1', mountpoint: '/', fstype: 'ext4' } : {}
      found.push(
        series({
          labels: { __name__: name, ...labels, ...device },
          value: (i) => (moves ? Math.floor(size - i * 1e7 + chance() * 1e8) : size),
        }),
      )
    }
    found.push(
      series({ labels: { __name__: 'up', ...labels }, value: (i) => (i > 500 && instance.startsWith('n2') ? 0 : 1) }),
      series({ labels: { __name__: 'node_load1', ...labels }, value: () => chance() * 4 }),
      series({
        labels: { __name__: 'node_uname_info', ...labels, nodename: instance.slice(0, 2), release: '6.1.0' },
        value: () => 1,
      }),
      series({ labels: { __name__: 'node_boot_time_seconds', ...labels }, value: () => START_MS / 1_000 - 86_400 }),
    )
  }
  return found
}

/** Values and labels at the rim: not finite, negative, tiny, huge; characters of other alphabets. */
function odd(chance: Chance): readonly WrittenSeries[] {
  return [
    series({
      labels: { __name__: 'odd', kind: 'infinite' },
      value: (i) => (i % 9 === 0 ? Number.POSITIVE_INFINITY : i),
    }),
    series({ labels: { __name__: 'odd', kind: 'nan' }, value: (i) => (i % 11 < 3 ? Number.NaN : i / 3) }),
    series({ labels: { __name__: 'odd', kind: 'negative' }, value: (i) => -1.5 * i }),
    series({ labels: { __name__: 'odd', kind: 'tiny' }, value: (i) => (i + 1) * 1e-200 }),
    series({ labels: { __name__: 'odd', kind: 'huge' }, value: (i) => (i + 1) * 1e140 }),
    series({ labels: { __name__: 'odd', kind: 'Grüße "7"\\' }, value: () => chance() }),
    series({ labels: { __name__: 'sparse', kind: 'six minutes' }, every: 24, value: (i) => i }),
    series({ labels: { __name__: 'short' }, value: (i) => (i > 250 && i < 260 ? i : undefined) }),
    series({ labels: { __name__: 'times', zone: 'past' }, value: (i) => 1e9 * (i % 5) - 2e9 + i * 86_400 }),
    series({ labels: { __name__: 'a:recorded:rule', job: 'api' }, value: (i) => i % 13 }),
  ]
}
