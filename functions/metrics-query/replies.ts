// Turns requests into calls of the rules, and their results into replies.
import type { Handlers } from '@penstock/shared/http/service.ts'
import type { routes } from './contract.ts'
import { series } from './handler.ts'
import { type KeptDeps, keptAggregate, keptRange } from './kept-answers.ts'
import { nextPageLink, type Page } from './page.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: KeptDeps): Handlers<typeof routes> {
  return {
    range: async ({ caller, query, url }) => {
      const page = await keptRange(deps, caller, query)
      return { owned: page.bytes, headers: { ...linkOf(page, url), 'penstock-source': page.source } }
    },
    aggregate: async ({ caller, query }) => {
      const { text, source } = await keptAggregate(deps, caller, query)
      return { text, headers: { 'penstock-source': source } }
    },
    series: async ({ caller, query, url }) => {
      const page = await series(deps, caller, query)
      return { bytes: page.bytes, headers: linkOf(page, url) }
    },
  }
}

const linkOf = ({ cursor }: Page, url: URL): Readonly<Record<string, string>> =>
  cursor === undefined ? {} : { link: nextPageLink(url, cursor) }
