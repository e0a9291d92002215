// Workers of backfill jobs, which claim ranges and complete them, lose them, or return them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../random.ts'
import type { Fleet } from '../stand/fleet.ts'
import { type Acknowledged, ask, postOf, type Question } from './ask.ts'
import type { Tenant } from './producer.ts'
import type { JobBook, Range } from './ranges.ts'

export interface Workers {
  /** One entry per job, in the order of their start. */
  readonly books: readonly JobBook[]
  /** Answers that are not allowed, as sentences. */
  readonly complaints: ReadonlySet<string>
  /** Resolves when the last job is completed; complains when that takes longer than 30 s. */
  finish(): Promise<void>
}

export interface WorkersDeps {
  readonly fleet: Fleet
  readonly random: Random
  readonly tenant: Tenant
}

const WORKERS = 3
const BLOCKS = 60
const MOST_BLOCKS = 8
const LEASE_SECONDS = 1
const FINISH_MS = 30_000
const JOBS = '/api/v1/monitoring/backfill'

interface Team extends WorkersDeps {
  readonly books: JobBook[]
  readonly complaints: Set<string>
  keys: number
  begun: Promise<JobBook> | undefined
  /** Infinite until the last job was started. */
  deadline: number
}

/** Starts workers, which work on one job after the other. */
export function startWorkers(deps: WorkersDeps): Workers {
  const team: Team = {
    ...deps,
    books: [],
    complaints: new Set(),
    keys: 0,
    begun: undefined,
    deadline: Number.POSITIVE_INFINITY,
  }
  const working = Array.from({ length: WORKERS }, async (_, i) => {
    try {
      await work(team, `worker-${i}`)
    } catch (error) {
      team.complaints.add((error as Error).message)
    }
  })
  return {
    books: team.books,
    complaints: team.complaints,
    async finish() {
      team.deadline = Math.min(team.deadline, performance.now() + FINISH_MS)
      await Promise.all(working)
    },
  }
}

const isEnding = ({ deadline }: Team): boolean => deadline < Number.POSITIVE_INFINITY

async function work(team: Team, worker: string): Promise<void> {
  while (!isEnding(team)) {
    team.begun ??= begin(team)
    const begun = team.begun
    const book = await begun
    while (!(await isCompleted(team, book))) {
      const claimed = await claim(team, book, worker)
      if (claimed) await useRange(team, book, claimed)
      else await sleep(50)
    }
    if (team.begun === begun) team.begun = undefined
  }
}

async function begin(team: Team): Promise<JobBook> {
  const { body } = await insist(team, '/start', { job_type: 'faults', start_block: 0, end_block: BLOCKS - 1 }, [200])
  const book: JobBook = { id: (JSON.parse(body) as { id: string }).id, highestToken: 0, done: [] }
  team.books.push(book)
  return book
}

async function isCompleted(team: Team, { id }: JobBook): Promise<boolean> {
  const headers = { authorization: `Bearer ${team.tenant.apiKey}` }
  const { body } = await until(team, { method: 'GET', path: `${JOBS}/${id}`, headers, expects: 200 })
  return (JSON.parse(body) as { status: string }).status === 'completed'
}

interface Claimed extends Range {
  /** A time before the lease began, in milliseconds of the monotonic clock. */
  readonly askedAt: number
}

async function claim(team: Team, book: JobBook, worker: string): Promise<Claimed | undefined> {
  const askedAt = performance.now()
  const before = book.highestToken
  const wanted = { worker, size: 1 + team.random.below(MOST_BLOCKS), lease_seconds: LEASE_SECONDS }
  const { status, body } = await insist(team, `/${book.id}/claim`, wanted, [200, 204])
  if (status === 204) return undefined
  const lease = JSON.parse(body) as { lease_id: string; fencing_token: number; start_block: number; end_block: number }
  const { lease_id: leaseId, fencing_token: token, start_block: start, end_block: end } = lease
  if (token <= before) team.complaints.add(`a range was handed out with token ${token} after ${before}`)
  book.highestToken = Math.max(book.highestToken, token)
  return { leaseId, token, start, end, askedAt }
}

/** Completes the range at once, late, or never. */
async function useRange(team: Team, book: JobBook, { askedAt, ...range }: Claimed): Promise<void> {
  const { random } = team
  const lease = { lease_id: range.leaseId, fencing_token: range.token }
  await sleep(random.below(40))
  if (!isEnding(team)) {
    if (random.chance(0.05)) return
    if (random.chance(0.05)) return void (await tell(team, `/${book.id}/fail`, lease, [200, 409]))
    if (random.chance(0.05)) await sleep(LEASE_SECONDS * 1_000)
  }
  const { status } = await tell(team, `/${book.id}/complete`, lease, [200, 409])
  if (status === 200) book.done.push(range)
  else if (performance.now() - askedAt < LEASE_SECONDS * 1_000)
    team.complaints.add(`blocks ${range.start} to ${range.end} were taken from the worker that held them`)
}

/** Repeats a request under an idempotency key. */
async function insist(team: Team, path: string, body: unknown, expects: readonly number[]): Promise<Acknowledged> {
  const key = { 'idempotency-key': `${team.tenant.name}-job-${++team.keys}` }
  return await until(team, { ...postOf(team.tenant.apiKey, `${JOBS}${path}`, body, key), expects })
}

/** Sends a request that may be repeated unchanged. */
async function tell(team: Team, path: string, body: unknown, expects: readonly number[]): Promise<Acknowledged> {
  return await until(team, { ...postOf(team.tenant.apiKey, `${JOBS}${path}`, body, {}), expects })
}

/** Sends a request until there is an answer. @throws {Error} when there is none in time, or one that a caller must never see. */
async function until({ fleet, random, ...team }: Team, question: Question): Promise<Acknowledged> {
  for (;;) {
    const life = await fleet.route('backfill')
    const answer = await ask(life.http, question)
    if (answer.kind === 'acknowledged') return answer
    const what = `${life.label} answered ${question.method} ${question.path}`
    if (answer.kind === 'wrong' || (answer.kind === 'cut' && !life.killed)) throw new Error(`${what}: ${answer.why}`)
    if (performance.now() > team.deadline) throw new Error('a backfill job was never completed')
    await sleep(20 + random.below(100))
  }
}
