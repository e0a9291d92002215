// Turns requests into calls of the rules, and their results into replies.
import { writeExact } from '@penstock/shared/base/exact-json.ts'
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { Call, Handlers, Reply } from '@penstock/shared/http/service.ts'
import { readIdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import { versionExpected } from '@penstock/shared/negotiation/entity-tag.ts'
import type { Job, Lease, routes } from './contract.ts'
import { list, progress, start, type Writer } from './handler.ts'
import { changing, type KeptJobDeps, keptJob } from './kept-job.ts'
import { claim, complete, fail, heartbeat } from './leases.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: KeptJobDeps): Handlers<typeof routes> {
  return {
    start: async (call) => jobReply(await start(deps, writerOf(call), call.body)),
    async progress(call) {
      const isExpected = versionExpected(call.headers['if-match'])
      const jobId = call.query.job_id
      const reported = { jobId, report: call.body, isExpected }
      return jobReply(await changing(deps, call.caller, jobId, () => progress(deps, writerOf(call), reported)))
    },
    list: async ({ caller, query }) => ({ text: writeExact(await list(deps, caller, query)) }),
    async job({ caller, params }) {
      const { version, text } = await keptJob(deps, caller, jobIdOf(params))
      return { text, headers: { etag: `"${version}"` } }
    },
    async claim(call) {
      const jobId = jobIdOf(call.params)
      const lease = await changing(deps, call.caller, jobId, () => claim(deps, writerOf(call), jobId, call.body))
      return lease ? leaseReply(lease) : {}
    },
    heartbeat: async (call) => leaseReply(await heartbeat(deps, writerOf(call), jobIdOf(call.params), call.body)),
    async complete(call) {
      const jobId = jobIdOf(call.params)
      return jobReply(await changing(deps, call.caller, jobId, () => complete(deps, writerOf(call), jobId, call.body)))
    },
    async fail(call) {
      const jobId = jobIdOf(call.params)
      return jobReply(await changing(deps, call.caller, jobId, () => fail(deps, writerOf(call), jobId, call.body)))
    },
  }
}

type WritingRoute = (typeof routes)['start' | 'progress' | 'claim' | 'heartbeat' | 'complete' | 'fail']

const writerOf = ({ caller, headers, url, bytes }: Call<WritingRoute>): Writer => ({
  caller,
  idempotency: readIdempotencyKey(headers['idempotency-key'], `${url.pathname}${url.search}`, bytes),
})

const leaseReply = (lease: Lease): Reply => ({ text: writeExact(lease) })

const jobReply = (found: Job): Reply => ({ text: writeExact(found), headers: { etag: `"${found.version}"` } })

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Returns the job's id from the path. @throws {Problem} 404 for a malformed id, because no job can have it. */
function jobIdOf({ job_id: id = '' }: Readonly<Record<string, string>>): string {
  if (!UUID.test(id)) throw new Problem(notFound, 'Backfill job not found')
  return id
}
