// The real Prometheus, if it is installed: it scrapes itself, and writes to an address by remote write.
import { spawn, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../scripts/database/postgres.ts'
import { kill } from '../http/function-at-port.ts'

export const isPrometheusInstalled = spawnSync('prometheus', ['--version']).status === 0

export interface PrometheusSettings {
  /** An empty folder for its use alone. */
  readonly folder: string
  readonly writeTo: string
  readonly key: string
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly at: number
  readonly value: number
}

export interface Prometheus {
  /** Returns everything that it scraped between these milliseconds, both inclusive. @throws {Error} when it does not answer. */
  samples(from: number, to: number): Promise<readonly Sample[]>
  /** Returns the current value of one of its own metrics, summed over its series. @throws {Error} when it does not answer. */
  own(metric: string): Promise<number>
  stop(): Promise<void>
}

const ANSWER_MS = 10_000

/** Starts Prometheus, which scrapes itself twice a second. Resolves when it answers. @throws {Error} when it does not within 10 s. */
export async function startPrometheus({ folder, writeTo, key }: PrometheusSettings): Promise<Prometheus> {
  const address = `127.0.0.1:${await freePort()}`
  const settings = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
    scrape_configs: [{ job_name: 'self', static_configs: [{ targets: [address] }] }],
    remote_write: [
      {
        url: writeTo,
        authorization: { credentials: key },
        // Many small requests, so that more of them are in progress when something breaks.
        queue_config: { max_samples_per_send: 200, batch_send_deadline: '200ms', max_backoff: '500ms' },
      },
    ],
  }
  // JSON is valid YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(settings))
  const process = spawn(
    'prometheus',
    [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`],
    { stdio: 'ignore' },
  )
  const deadline = Date.now() + ANSWER_MS
  while (!(await isReady(address))) {
    if (Date.now() > deadline) {
      await kill(process)
      throw new Error('Prometheus did not become ready')
    }
    await sleep(50)
  }
  const ask = async (query: string, atMs: number): Promise<readonly Matrix[]> => {
    const url = `http://${address}/api/v1/query?${new URLSearchParams({ query, time: String(atMs / 1_000) }).toString()}`
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (!answer.ok) throw new Error(`${query}: ${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { data: { result: readonly Matrix[] } }).data.result
  }
  return {
    async samples(from, to) {
      const series = await ask(`{job="self"}[${to - from}ms]`, to)
      return series.flatMap(({ metric, values }) => values.map((pair) => ({ labels: metric, ...sampleOf(pair) })))
    },
    async own(metric) {
      const series = await ask(`${metric}[10s]`, Date.now())
      return series.reduce((sum, { values }) => sum + Number(values.at(-1)?.[1] ?? 0), 0)
    },
    stop: async () => await kill(process),
  }
}

const isReady = async (address: string): Promise<boolean> =>
  await fetch(`http://${address}/-/ready`, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
    ({ ok }) => ok,
    () => false,
  )

/** A series of an answer: its labels, and pairs of seconds and a number as text. */
interface Matrix {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

const sampleOf = ([seconds, value]: readonly [number, string]) => ({
  at: Math.round(seconds * 1_000),
  // Prometheus writes infinities like Go does.
  value: Number(value.replace('Inf', 'Infinity')),
})
