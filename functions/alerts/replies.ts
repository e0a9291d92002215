// Turns requests into calls of the rules, and their results into replies.
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { Handlers, Reply } from '@penstock/shared/http/service.ts'
import { parseJson, validateBody } from '@penstock/shared/http/validation.ts'
import { versionExpected, versionTag } from '@penstock/shared/negotiation/entity-tag.ts'
import { EvaluateRequest, type Rule, type routes } from './contract.ts'
import { resolve } from './evaluation/resolve.ts'
import { evaluate, type RunDeps } from './evaluation/run.ts'
import { change, create, list, remove, rule } from './handler.ts'
import { analytics, history } from './history/history.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: RunDeps): Handlers<typeof routes> {
  return {
    create: async ({ caller, body }) => ({ status: 201, ...ruleReply(await create(deps, caller, body)) }),
    list: async ({ caller, query }) => ({ json: await list(deps, caller, query) }),
    rule: async ({ caller, params }) => ruleReply(await rule(deps, caller, idOf(params))),
    async change({ caller, params, body, headers }) {
      const isExpected = versionExpected(headers['if-match'])
      return ruleReply(await change(deps, caller, { id: idOf(params), change: body, isExpected }))
    },
    async remove({ caller, params, headers }) {
      await remove(deps, caller, { id: idOf(params), isExpected: versionExpected(headers['if-match']) })
      return {}
    },
    history: async ({ caller, query }) => ({ json: await history(deps, caller, query) }),
    analytics: async ({ caller, query }) => ({ json: await analytics(deps, caller, query) }),
    resolve: async ({ caller, params, body }) => ({ json: await resolve(deps, caller, idOf(params), body) }),
    async evaluate({ bytes }) {
      const asked = bytes.length === 0 ? {} : validateBody(EvaluateRequest, parseJson(bytes))
      return { json: await evaluate(deps, asked) }
    },
  }
}

const ruleReply = (found: Rule): Reply => ({ json: found, headers: { etag: versionTag(found.version) } })

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Returns the id from the path. @throws {Problem} 404 for a malformed id, because nothing can have it. */
function idOf({ id = '' }: Readonly<Record<string, string>>): string {
  if (!UUID.test(id)) throw new Problem(notFound, 'Nothing has this id.')
  return id
}
