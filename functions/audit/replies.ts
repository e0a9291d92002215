// Turns requests into calls of the rules, and their results into replies.
import type { Handlers } from '@penstock/shared/http/service.ts'
import { replyOfJob } from '@penstock/shared/jobs/scheduled.ts'
import { nextPageLink } from '@penstock/shared/resource/sealed-place.ts'
import type { routes } from './contract.ts'
import type { AuditDeps } from './deps.ts'
import { entries, tenantOf } from './entries.ts'
import { seal } from './seal.ts'
import { verify } from './verify.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: AuditDeps, waitMs: number): Handlers<typeof routes> {
  return {
    async entries({ caller, query, url }) {
      const { text, next } = await entries(deps, caller, query)
      return { text, ...(next === undefined ? {} : { headers: { link: nextPageLink(url, next) } }) }
    },
    verify: async ({ caller, query }) => ({ json: await verify(deps, tenantOf(caller), query) }),
    seal: async (call) => await replyOfJob(call, { now: deps.now, waitMs }, (job) => seal(deps, job)),
  }
}
