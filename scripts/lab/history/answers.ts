// All questions about history, and the comparison of two answers to one question.
import { createHash } from 'node:crypto'
import { type Answered, send } from '../../cli/send.ts'
import type { LocalSuite } from '../../cli/state.ts'

export interface Answer {
  readonly status: number
  /** The source that it was read from. */
  readonly source: string
  /** For pages: the number of points, and a hash of their bytes. */
  readonly points: number
  readonly hash: string
  /** Present for aggregates. */
  readonly buckets: readonly Bucket[]
}

/** Answers by question. */
export type Answers = ReadonlyMap<string, Answer>

interface Bucket {
  readonly timestamp: string
  readonly count: number
  readonly min_value: number
  readonly max_value: number
  readonly sum_value: number
  readonly percentiles?: Readonly<Record<string, number>>
}

interface Series {
  readonly service_name: string
  readonly metric_type: string
  readonly first_timestamp: string | null
  readonly last_timestamp: string | null
}

const PATH = '/api/v1/monitoring/metrics'
const TIMEOUT_MS = 60_000
const MAX_PAGES = 1_000
const AGGREGATES = [
  'interval=hour',
  'interval=day',
  'interval=week',
  'interval=month',
  'interval=day&percentiles=5,50,99.9',
  'interval=week&percentiles=50',
]
/** Maximum difference of sums, because the order of addition is not guaranteed. */
const TOLERANCE = 1e-12

/** Reads every series of these services: all points, page by page, and aggregates of the whole time. */
export async function askAll(suite: LocalSuite, services: readonly string[]): Promise<Answers> {
  const answers = new Map<string, Answer>()
  for (const service of services) {
    const list = `${PATH}/series?service_name=${encodeURIComponent(service)}`
    const listed = await get(suite, list)
    answers.set(list, toAnswer(listed, 0, listed.body))
    for (const one of JSON.parse(listed.body) as readonly Series[]) {
      const range = rangeOf(one)
      answers.set(`${PATH}?${range}`, await pages(suite, `${PATH}?${range}&limit=10000`))
      for (const aggregate of AGGREGATES) {
        const path = `${PATH}/aggregate?${range}&${aggregate}`
        const answered = await get(suite, path)
        const buckets = answered.status === 200 ? (JSON.parse(answered.body) as { data: Bucket[] }).data : []
        answers.set(path, { ...toAnswer(answered, 0, ''), buckets })
      }
    }
  }
  return answers
}

/** Returns a sentence for each question whose answers differ. */
export function differenceOf(before: Answers, after: Answers): readonly string[] {
  return [...before].flatMap(([question, was]) => {
    const is = after.get(question)
    if (!is) return [`${question}: not asked any more`]
    if (is.status !== was.status) return [`${question}: ${is.status}, was ${was.status}`]
    if (is.points !== was.points || is.hash !== was.hash) return [`${question}: other points`]
    if (is.buckets.length !== was.buckets.length)
      return [`${question}: ${is.buckets.length} buckets, not ${was.buckets.length}`]
    const index = was.buckets.findIndex((bucket, i) => !isSame(bucket, is.buckets[i]))
    return index === -1
      ? []
      : [`${question}: ${JSON.stringify(is.buckets[index])}, was ${JSON.stringify(was.buckets[index])}`]
  })
}

/** Compares counts, ends and percentiles exactly, and sums with the tolerance. */
function isSame(a: Bucket, b: Bucket | undefined): boolean {
  const exact = ({ timestamp, count, min_value, max_value, percentiles }: Bucket) =>
    JSON.stringify([timestamp, count, min_value, max_value, percentiles])
  const size = Math.max(Math.abs(a.min_value), Math.abs(a.max_value)) * a.count
  return b !== undefined && exact(a) === exact(b) && Math.abs(a.sum_value - b.sum_value) <= TOLERANCE * size
}

/** The longest time that a late point of this program can affect, so that questions remain the same. */
const rangeOf = ({ service_name, metric_type }: Series): string =>
  `service_name=${encodeURIComponent(service_name)}&metric_type=${encodeURIComponent(metric_type)}&start_time=2010-01-01T00:00:00Z&end_time=2026-01-01T00:00:00Z`

async function pages(suite: LocalSuite, first: string): Promise<Answer> {
  const hash = createHash('sha256')
  const sources = new Set<string>()
  let points = 0
  let next: string | undefined = first
  for (let page = 0; next !== undefined && page < MAX_PAGES; page++) {
    const answered = await get(suite, next)
    if (answered.status !== 200) return toAnswer(answered, points, answered.body)
    hash.update(answered.body)
    sources.add(String(answered.headers['penstock-source'] ?? ''))
    points += (JSON.parse(answered.body) as unknown[]).length
    next = /^<(.*)>; rel="next"$/.exec(String(answered.headers['link'] ?? ''))?.[1]
  }
  return { status: 200, source: [...sources].join(', '), points, hash: hash.digest('hex'), buckets: [] }
}

const toAnswer = ({ status, headers }: Answered, points: number, body: string): Answer => ({
  status,
  source: String(headers['penstock-source'] ?? ''),
  points,
  hash: createHash('sha256').update(body).digest('hex'),
  buckets: [],
})

async function get({ base_url, api_key }: LocalSuite, path: string): Promise<Answered> {
  const headers = { authorization: `Bearer ${api_key}` }
  return await send(base_url + path, { method: 'GET', headers, timeoutMs: TIMEOUT_MS })
}
