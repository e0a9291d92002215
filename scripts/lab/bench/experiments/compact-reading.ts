// The compact answer of metrics-query, compared with its default, JSON.
import { zstdCompressSync } from 'node:zlib'
import type { Bench, Experiment } from '../experiment.ts'
import type { LoadGenerator } from '../load.ts'
import type { LoadPlan } from '../load-generator.ts'
import { type Subject, takeTurns } from '../measure.ts'
import { figureRow, type Row, toRow } from '../row.ts'
import { rangeQuestions } from './reading.ts'

const FUNCTION = 'metrics-query'
export const COLUMNS = 'application/vnd.penstock.columns+json'
const CONCURRENCY = 8
const TIMEOUT_MS = 60_000
const NAMES = { rate: 'query.columns-3600.c8', bytes: 'query.columns-3600.bytes', zstd: 'query.columns-3600.zstd' }

/** An hour of seconds in columns; the limit is the same hour as JSON, from the same instance in the same run. */
export const compactReading: Experiment = {
  names: Object.values(NAMES),
  what: 'an hour of seconds of one series in columns, by 8 clients, compared with the same hour as JSON',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const { stage, load } = bench
  const { paths } = rangeQuestions(await bench.dataset(), stage.tenantId)
  const instance = parts.adopt(await stage.start(FUNCTION), (one) => one.stop())
  const authorization = stage.authorizationFor(FUNCTION)
  const { port } = instance
  const body = await bodyOf(`http://127.0.0.1:${port}${paths[0]}`, authorization)
  const plan = { port, concurrency: CONCURRENCY, authorization, beginMs: 0, timeoutMs: TIMEOUT_MS }
  const compact = { ...plan, recipe: { kind: 'get', paths, accept: COLUMNS } } as const
  const json = { ...plan, recipe: { kind: 'get', paths } } as const
  const count = instance.countConnections()
  const [slices = [], limit = []] = await takeTurns([reopened(load, compact), reopened(load, json)], bench.turns)
  const row = {
    unit: 'requests/s',
    slices,
    limit,
    peakRssMb: instance.peakRssMb(),
    connections: await count(),
  } as const
  return [
    toRow({ name: NAMES.rate, ...row }),
    bytesRow(NAMES.bytes, body.length),
    bytesRow(NAMES.zstd, zstdCompressSync(body).length),
  ]
}

async function bodyOf(url: string, authorization: string): Promise<Buffer> {
  const headers = { authorization, accept: COLUMNS, 'accept-encoding': 'identity' }
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
  const body = Buffer.from(await answer.arrayBuffer())
  const [series] = JSON.parse(String(body)) as readonly { readonly values?: readonly number[] }[]
  if (answer.status !== 200 || series?.values?.length !== 3_600)
    throw new Error(`${NAMES.rate}: not the answer that was expected: ${answer.status} ${String(body).slice(0, 300)}`)
  return body
}

/** A load that is opened for each of its turns, because the generator has one at a time. */
const reopened = (load: LoadGenerator, plan: LoadPlan): Subject => ({
  run: async (ms) => await (await load.open(plan)).run(ms),
})

const bytesRow = (name: string, bytes: number): Row => figureRow(name, 'bytes/answer', bytes)
