// Turns requests into calls of the rules, and their results into replies.

import { toArchiveProblem } from '@penstock/shared/archive/archive-fault.ts'
import type { Handlers } from '@penstock/shared/http/service.ts'
import { replyOfJob } from '@penstock/shared/jobs/scheduled.ts'
import type { routes } from './contract.ts'
import { type RetentionDeps, reopen, run } from './handler.ts'
import { listArchives, mapMonths } from './objects/archives.ts'
import { listHolds, placeHold, releaseHold } from './objects/holds.ts'
import { type VerifyDeps, verify } from './objects/verify.ts'

/** One handler per route. */
export function handlersOf(deps: RetentionDeps & VerifyDeps, waitMs: number): Handlers<typeof routes> {
  return {
    run: (call) => replyOfJob(call, { now: deps.now, waitMs }, (job) => run(deps, job, call.body)),
    async archives({ query, url }) {
      const { objects, next } = await listArchives(deps, query)
      return { json: objects, ...(next === undefined ? {} : { headers: { link: linkTo(url, next) } }) }
    },
    map: async ({ query }) => ({ json: await mapMonths(deps, query.tenant) }),
    verify: async ({ body }) => ({ json: await orNamed(verify(deps, body)) }),
    reopen: async ({ body }) => ({ json: await orNamed(reopen(deps, waitMs, body.month)) }),
    holds: async ({ query }) => ({ json: await listHolds(deps, query.tenant) }),
    hold: async ({ caller, body }) => ({ json: await orNamed(placeHold(deps, body, nameOf(caller.name, body.by))) }),
    release: async ({ caller, body }) => ({
      json: await orNamed(releaseHold(deps, body.id, nameOf(caller.name, body.by))),
    }),
  }
}

function linkTo(url: URL, after: string): string {
  const next = new URLSearchParams(url.searchParams)
  next.set('after', after)
  return `<${url.pathname}?${String(next)}>; rel="next"`
}

/** Turns damaged objects and unavailable storage into problems that name them. */
async function orNamed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw toArchiveProblem(error)
  }
}

const nameOf = (credential: string, by: string | null | undefined): string =>
  by ? `${by} (${credential})` : credential
