// Turns requests into calls of the rules, and their results into replies.
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { Handlers, Reply } from '@penstock/shared/http/service.ts'
import { parseJson, validateBody } from '@penstock/shared/http/validation.ts'
import { versionExpected, versionTag } from '@penstock/shared/negotiation/entity-tag.ts'
import {
  type ChannelAsk,
  type ChannelDeps,
  changeChannel,
  createChannel,
  listChannels,
  removeChannel,
  testChannel,
} from './channels/channels.ts'
import { EvaluateRequest, type routes } from './contract.ts'
import { notifications } from './delivery/notifications.ts'
import { resolve } from './evaluation/resolve.ts'
import { change, create, list, remove, rule } from './handler.ts'
import { analytics, history } from './history/history.ts'
import { type FullRunDeps, run } from './run.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: FullRunDeps & Omit<ChannelDeps, 'sendsMail'>): Handlers<typeof routes> {
  const ofChannels = { ...deps, sendsMail: deps.mailer !== undefined }
  return {
    ...channelHandlers(ofChannels),
    create: async ({ caller, body }) => ({ status: 201, ...versionedReply(await create(deps, caller, body)) }),
    list: async ({ caller, query }) => ({ json: await list(deps, caller, query) }),
    rule: async ({ caller, params }) => versionedReply(await rule(deps, caller, idOf(params))),
    async change({ caller, params, body, headers }) {
      const isExpected = versionExpected(headers['if-match'])
      return versionedReply(await change(deps, caller, { id: idOf(params), change: body, isExpected }))
    },
    async remove({ caller, params, headers }) {
      await remove(deps, caller, { id: idOf(params), isExpected: versionExpected(headers['if-match']) })
      return {}
    },
    history: async ({ caller, query }) => ({ json: await history(deps, caller, query) }),
    analytics: async ({ caller, query }) => ({ json: await analytics(deps, caller, query) }),
    resolve: async ({ caller, params, body }) => ({ json: await resolve(deps, caller, idOf(params), body) }),
    notifications: async ({ caller, query }) => ({ json: await notifications(deps, caller, query) }),
    async evaluate({ bytes }) {
      const asked = bytes.length === 0 ? {} : validateBody(EvaluateRequest, parseJson(bytes))
      return { json: await run(deps, asked) }
    },
  }
}

type ChannelRoute = 'channels' | 'createChannel' | 'changeChannel' | 'removeChannel' | 'testChannel'

function channelHandlers(deps: ChannelDeps): Pick<Handlers<typeof routes>, ChannelRoute> {
  return {
    channels: async ({ caller }) => ({ json: await listChannels(deps, caller) }),
    createChannel: async ({ caller, body }) => ({
      status: 201,
      ...versionedReply(await createChannel(deps, caller, body)),
    }),
    changeChannel: async ({ caller, params, body, headers }) =>
      versionedReply(await changeChannel(deps, caller, { ...askOf(params, headers), change: body })),
    async removeChannel({ caller, params, headers }) {
      await removeChannel(deps, caller, askOf(params, headers))
      return {}
    },
    testChannel: async ({ caller, params }) => ({
      status: 202,
      json: await testChannel(deps, caller, idOf(params)),
    }),
  }
}

const askOf = (
  params: Readonly<Record<string, string>>,
  headers: { readonly 'if-match'?: string | undefined },
): ChannelAsk => ({
  id: idOf(params),
  isExpected: versionExpected(headers['if-match']),
})

const versionedReply = (found: { readonly version: number }): Reply => ({
  json: found,
  headers: { etag: versionTag(found.version) },
})

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Returns the id from the path. @throws {Problem} 404 for a malformed id, because nothing can have it. */
function idOf({ id = '' }: Readonly<Record<string, string>>): string {
  if (!UUID.test(id)) throw new Problem(notFound, 'Nothing has this id.')
  return id
}
