// Turns requests into calls of the rules, and their results into replies.
import type { Handlers, Reply } from '@penstock/shared/http/service.ts'
import type { routes } from './contract.ts'
import { series } from './handler.ts'
import { type KeptDeps, keptAggregate, keptRange } from './kept-answers.ts'
import { nextPageLink, type Page } from './page.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: KeptDeps): Handlers<typeof routes> {
  return {
    range: async ({ caller, query, url }) => {
      const page = await keptRange(deps, caller, query)
      const { headers, ...reply } = pageReply(page, url)
      return { ...reply, headers: { ...headers, 'penstock-source': page.source }, sendOnce: true }
    },
    aggregate: async ({ caller, query }) => {
      const { text, source } = await keptAggregate(deps, caller, query)
      return { text, headers: { 'penstock-source': source } }
    },
    series: async ({ caller, query, url }) => pageReply(await series(deps, caller, query), url),
  }
}

const pageReply = ({ bytes, cursor }: Page, url: URL): Reply => ({
  bytes,
  ...(cursor === undefined ? {} : { headers: { link: nextPageLink(url, cursor) } }),
})
