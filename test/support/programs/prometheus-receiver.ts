// A real Prometheus that stores what is written to it and scrapes nothing, to compare answers with.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import protobuf from 'protobufjs'
import { compress } from 'snappyjs'
import { freePort } from '../../../scripts/database/postgres.ts'
import { kill } from '../http/function-at-port.ts'

const ANSWER_MS = 30_000
/** Prometheus takes no samples that are an hour older than the newest, so all series are written side by side. */
const PIECE_MS = 10 * 60_000

export interface WrittenSeries {
  readonly labels: Readonly<Record<string, string>>
  /** In ms since 1970, ascending. */
  readonly at: ArrayLike<number>
  readonly value: ArrayLike<number>
}

export interface PrometheusAnswer {
  readonly status: 'success' | 'error'
  readonly data?: unknown
  readonly errorType?: string
  readonly error?: string
}

/** Parameters by name, or pairs where a name occurs more than once. */
export type AskParameters = Readonly<Record<string, string>> | readonly (readonly [string, string])[]

export interface PrometheusReceiver {
  readonly url: string
  /** Writes series by remote write. @throws {Error} when one is refused. */
  write(series: readonly WrittenSeries[]): Promise<void>
  /** Asks its HTTP API, `query` for instance. */
  ask(path: string, parameters: AskParameters, method?: 'GET' | 'POST'): Promise<PrometheusAnswer>
  stop(): Promise<void>
}

/** Starts Prometheus with its receiver of remote writes. @throws {Error} when it does not answer within 30 s. */
export async function startReceiver(): Promise<PrometheusReceiver> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-receiver-'))
  const address = `127.0.0.1:${await freePort()}`
  const url = `http://${address}`
  await writeFile(join(folder, 'prometheus.yml'), '{}')
  const options = ['--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100y']
  const process = spawn(
    'prometheus',
    [
      ...options,
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ],
    { stdio: 'ignore' },
  )
  const stop = async (): Promise<void> => {
    await kill(process)
    await rm(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + ANSWER_MS
  while (!(await isReady(url))) {
    if (Date.now() > deadline) {
      await stop()
      throw new Error('Prometheus did not become ready')
    }
    await sleep(50)
  }
  return {
    url,
    stop,
    write: async (series) => await writeSeries(`${url}/api/v1/write`, series),
    ask: async (path, parameters, method = 'POST') => {
      const sent = pairsOf(parameters)
      const signal = AbortSignal.timeout(ANSWER_MS)
      const target = `${url}/api/v1/${path}${method === 'GET' ? `?${sent.toString()}` : ''}`
      const answer = await fetch(target, { method, ...(method === 'POST' ? { body: sent } : {}), signal })
      return (await answer.json()) as PrometheusAnswer
    },
  }
}

/** Returns parameters as a client sends them in a URL or a form. */
export const pairsOf = (parameters: AskParameters): URLSearchParams =>
  new URLSearchParams(
    (Array.isArray(parameters) ? parameters : Object.entries(parameters)).map(([name, value]): [string, string] => [
      String(name),
      String(value),
    ]),
  )

const isReady = async (url: string): Promise<boolean> =>
  await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
    ({ ok }) => ok,
    () => false,
  )

const WriteRequest = protobuf
  .parse(`
    syntax = "proto3";
    message WriteRequest { repeated TimeSeries timeseries = 1; }
    message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
    message Label { string name = 1; string value = 2; }
    message Sample { double value = 1; int64 timestamp = 2; }
  `)
  .root.lookupType('WriteRequest')

/** Writes series by remote write, a few minutes at a time. @throws {Error} when some are refused. */
export async function writeSeries(
  url: string,
  series: readonly WrittenSeries[],
  credential: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const piece of piecesOf(series)) await send(url, piece, credential)
}

async function send(
  url: string,
  timeseries: readonly object[],
  credential: Readonly<Record<string, string>>,
): Promise<void> {
  const body = compress(WriteRequest.encode(WriteRequest.fromObject({ timeseries })).finish())
  const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf', ...credential }
  const signal = AbortSignal.timeout(ANSWER_MS)
  const answer = await fetch(url, { method: 'POST', headers, body, signal })
  if (!answer.ok) throw new Error(`samples are refused: ${answer.status} ${await answer.text()}`)
}

/** Cuts series into requests of a few minutes each, in order of time. */
function piecesOf(series: readonly WrittenSeries[]): readonly (readonly object[])[] {
  const pieces = new Map<number, object[]>()
  for (const { labels, at, value } of series) {
    const names = Object.entries(labels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => ({ name, value: text }))
    const samples = new Map<number, { value: number; timestamp: number }[]>()
    for (let i = 0; i < at.length; i++) {
      const piece = Math.floor((at[i] as number) / PIECE_MS)
      samples.set(piece, [...(samples.get(piece) ?? []), { value: value[i] as number, timestamp: at[i] as number }])
    }
    for (const [piece, list] of samples) {
      pieces.set(piece, [...(pieces.get(piece) ?? []), { labels: names, samples: list }])
    }
  }
  return [...pieces].toSorted(([a], [b]) => a - b).map(([, list]) => list)
}
