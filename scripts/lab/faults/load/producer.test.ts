import { HOUR, parseTimestamp } from '@penstock/shared/base/time.ts'
import { expect, it } from 'vitest'
import { seededRandom } from '../../random.ts'
import { createProducer, type Job } from './producer.ts'

const MIX = { batch: 3, single: 2, stamped: 2, push: 3, poison: 1, read: 1, opinion: 0 }

function jobs(seed: number, count = 300): Job[] {
  let value = 0
  const next = createProducer({
    random: seededRandom(`${seed} client`),
    tenant: { name: 'acme', apiKey: 'pk_test' },
    service: 'pump',
    subscription: 'projects/p/subscriptions/s',
    mix: MIX,
    nextValue: () => ++value,
    base: 400_000 * HOUR,
    months: () => ['2010-01-01', '2010-02-01'],
  })
  return Array.from({ length: count }, next)
}

interface Entry {
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly timestamp?: string
}

/** Reads a request as a function does: of several entries with one key the last one counts. */
function pointsIn({ question }: Job): Map<string, number> {
  const points = new Map<string, number>()
  for (const entry of entriesIn(question.body ?? '[]')) {
    const at = entry.timestamp === undefined ? undefined : parseTimestamp(entry.timestamp)
    if (at !== undefined) points.set(`acme ${entry.service_name} ${entry.metric_type} ${at}`, entry.metric_value)
  }
  return points
}

function entriesIn(body: string): Entry[] {
  const parsed = JSON.parse(body) as Entry | Entry[] | { message: { data: string } }
  if ('message' in parsed) {
    const data = Buffer.from(parsed.message.data, 'base64').toString()
    if (!/^[[{]/.test(data)) return []
    const sent = JSON.parse(data) as Entry[] | { metrics: Entry[] }
    return 'metrics' in sent ? sent.metrics : sent
  }
  return Array.isArray(parsed) ? parsed : [parsed]
}

it('asks for the same things in the same order with the same seed', () => {
  expect(jobs(7)).toEqual(jobs(7))
  expect(jobs(7)).not.toEqual(jobs(8))
})

it('wants exactly the points that it sends, and no value twice', () => {
  const sent = jobs(1)
  for (const job of sent) expect(job.wanted.points).toEqual(pointsIn(job))
  const values = sent.flatMap((job) => [
    ...job.wanted.points.values(),
    ...(job.wanted.stamped ? [job.wanted.stamped.value] : []),
  ])
  expect(new Set(values).size).toBe(values.length)
})

it('writes the same keys again and again, in the current month and in others', () => {
  const keys = jobs(1).flatMap((job) => [...job.wanted.points.keys()])
  expect(keys.length).toBeGreaterThan(3 * new Set(keys).size)
  expect(keys.some((key) => key.endsWith(` ${Date.UTC(2010, 0, 1) * 1000}`))).toBe(true)
})

it('repeats a request without timestamps only under an idempotency key', () => {
  const stamped = jobs(1).filter((job) => job.wanted.stamped)
  for (const { question, repeatable } of stamped) expect('idempotency-key' in question.headers).toBe(repeatable)
  expect(new Set(stamped.map((job) => job.repeatable)).size).toBe(2)
})
