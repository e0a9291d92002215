// From the rules to replies.
import type { Handlers, Reply } from '@penstock/shared/service.ts'
import { aggregate } from './aggregate.ts'
import type { routes } from './contract.ts'
import { type QueryDeps, range, series } from './handler.ts'
import { nextPageLink, type Page } from './page.ts'

/** The handler of each route. */
export function handlersOf(deps: QueryDeps): Handlers<typeof routes> {
  return {
    range: async ({ caller, query, url }) => {
      const page = await range(deps, caller, query)
      const { headers, ...reply } = pageReply(page, url)
      return { ...reply, headers: { ...headers, 'penstock-source': page.source }, sendOnce: true }
    },
    aggregate: async ({ caller, query }) => {
      const { text, source } = await aggregate(deps, caller, query)
      return { text, headers: { 'penstock-source': source } }
    },
    series: async ({ caller, query, url }) => pageReply(await series(deps, caller, query), url),
  }
}

const pageReply = ({ bytes, cursor }: Page, url: URL): Reply => ({
  bytes,
  ...(cursor === undefined ? {} : { headers: { link: nextPageLink(url, cursor) } }),
})
