// A client of the backfill function: it retries while the function is busy or out of reach, and reads block numbers exactly.
import { parseExact, writeExact } from '@penstock/shared/base/exact-json.ts'
import { type Job, type Lease, routes, type Status } from '../../../functions/backfill/contract.ts'
import { detailOf, type FetchDeps, fetchPatiently, type Patience } from '../../cli/patient-fetch.ts'

export interface ApiDeps extends FetchDeps {
  /** Makes an idempotency key that no other call has, so a repeated claim gets the same lease. */
  readonly newKey: () => string
}

export interface ApiTarget {
  /** URL of the gateway, or of the function itself. */
  readonly url: string
  /** An API key with `backfill:write` and `backfill:read`. */
  readonly key: string
}

export interface NewJob {
  readonly job_type: string
  readonly start_block: bigint
  readonly end_block: bigint
  readonly created_by?: string | undefined
}

export interface Claim {
  readonly worker: string
  readonly size: number
  readonly lease_seconds: number
}

/** The worker no longer holds the range, or the job has ended: the worker must stop working on it. */
export class LeaseLost extends Error {}

export interface BackfillApi {
  start(job: NewJob, idempotencyKey: string): Promise<Job>
  list(query: { readonly status?: Status; readonly job_type?: string; readonly limit?: number }): Promise<Job[]>
  job(id: string): Promise<Job>
  /** Returns undefined when there is no range to lease. */
  claim(jobId: string, claim: Claim): Promise<Lease | undefined>
  /** Extends the lease. @throws {LeaseLost} like `complete` and `fail`. */
  heartbeat(jobId: string, lease: Lease): Promise<void>
  complete(jobId: string, lease: Lease): Promise<Job>
  /** Without a message the range is returned, which does not count as a failure. */
  fail(jobId: string, lease: Lease, message: string | undefined): Promise<Job>
}

const ANSWER_MS = 30_000
const ATTEMPTS = 12
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000

/**
 * Opens the client. @throws {Error} from each call, with the server's own message, when it refuses the call or does not answer in twelve
 * attempts.
 */
export function openApi(deps: ApiDeps, target: ApiTarget): BackfillApi {
  const ask = async <T>(route: keyof typeof routes, question: Question = {}) =>
    (await askUntilAnswered(deps, target, route, question)) as T
  const report = async <T>(route: 'heartbeat' | 'complete' | 'fail', jobId: string, lease: Lease, more = {}) => {
    const { lease_id, fencing_token } = lease
    return await ask<T>(route, { jobId, body: { lease_id, fencing_token, ...more } })
  }
  return {
    start: async (job, idempotencyKey) => withExactBlocks(await ask<Job>('start', { body: job, idempotencyKey })),
    list: async (query) => (await ask<Job[]>('list', { query })).map(withExactBlocks),
    job: async (jobId) => withExactBlocks(await ask<Job>('job', { jobId })),
    async claim(jobId, body) {
      const lease = await ask<Lease | undefined>('claim', { jobId, body, idempotencyKey: deps.newKey() })
      return lease && withExactBlocks(lease)
    },
    heartbeat: async (jobId, lease) => void (await report('heartbeat', jobId, lease)),
    complete: async (jobId, lease) => withExactBlocks(await report<Job>('complete', jobId, lease)),
    fail: async (jobId, lease, error_message) =>
      withExactBlocks(await report<Job>('fail', jobId, lease, { error_message })),
  }
}

interface Question {
  readonly jobId?: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: object
  readonly idempotencyKey?: string
}

/** A number that a double can hold is not parsed as a bigint, so it is converted here. */
function withExactBlocks<T extends { readonly start_block: bigint; readonly end_block: bigint }>(found: T): T {
  const blocks = Object.entries(found).filter(([name]) => name.endsWith('_block'))
  return { ...found, ...Object.fromEntries(blocks.map(([name, value]) => [name, BigInt(value as number | bigint)])) }
}

const patience: Patience = {
  answerMs: ANSWER_MS,
  attempts: ATTEMPTS,
  pauseMs: (_reply, attempt) => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)),
}

async function askUntilAnswered(
  deps: ApiDeps,
  { url, key }: ApiTarget,
  route: keyof typeof routes,
  { jobId = '', query = {}, body, idempotencyKey }: Question,
): Promise<unknown> {
  const { method, path } = routes[route]
  const address = new URL(url + path.replace('{job_id}', encodeURIComponent(jobId)))
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) address.searchParams.set(name, String(value))
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  }
  const request = { method, headers, ...(body && { body: writeExact(body) }) }
  // A 409 to the holder of a lease is final; to any other call it means that one with the same idempotency key is in progress.
  const holdsLease = body !== undefined && 'lease_id' in body
  const { status, text } = await fetchPatiently(
    deps,
    address,
    request,
    holdsLease ? patience : { ...patience, alsoPasses: 409 },
  )
  if (status === 204) return undefined
  if (status === 200) return parseExact(text)
  if (status === 409 && holdsLease) throw new LeaseLost(detailOf(text))
  throw new Error(`${url}: ${status === 0 ? text : `${status} ${detailOf(text)}`}`)
}
