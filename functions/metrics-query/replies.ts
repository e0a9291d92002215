// Turns requests into calls of the rules, and their results into replies.

import type { Handlers, Reply } from '@penstock/shared/http/service.ts'
import { preferredType } from '@penstock/shared/negotiation/accept.ts'
import { nextPageLink } from '@penstock/shared/resource/sealed-place.ts'
import { type AnswerType, answerTypes, type routes } from './contract.ts'
import { series } from './handler.ts'
import { type KeptDeps, keptAggregate, keptRange, keptTrends } from './kept-answers.ts'
import type { Page } from './page.ts'
import { preview } from './preview/preview.ts'
import { cardinality } from './series/cardinality.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: KeptDeps): Handlers<typeof routes> {
  return {
    range: async ({ caller, query, url, headers: { accept } }) => {
      const type = preferredType(accept, answerTypes)
      const page = await keptRange(deps, caller, query, type)
      return { owned: page.bytes, ...formOf(type, { ...linkOf(page, url), 'penstock-source': page.source }) }
    },
    aggregate: async ({ caller, query, headers: { accept } }) => {
      const type = preferredType(accept, answerTypes)
      const { bytes, source } = await keptAggregate(deps, caller, query, type)
      return { owned: bytes, ...formOf(type, { 'penstock-source': source }) }
    },
    series: async ({ caller, query, url }) => {
      const page = await series(deps, caller, query)
      return { bytes: page.bytes, headers: linkOf(page, url) }
    },
    cardinality: async ({ caller, query }) => ({ json: await cardinality(deps, caller, query) }),
    trends: async ({ caller, query }) => {
      const { bytes, source } = await keptTrends(deps, caller, query)
      return { owned: bytes, headers: { 'penstock-source': source } }
    },
    preview: async ({ caller, body }) => ({ json: await preview(deps, caller, body) }),
  }
}

const linkOf = ({ cursor }: Page, url: URL): Readonly<Record<string, string>> =>
  cursor === undefined ? {} : { link: nextPageLink(url, cursor) }

const formOf = (type: AnswerType, headers: Readonly<Record<string, string>>): Pick<Reply, 'type' | 'headers'> => ({
  type: type === 'text/csv' ? 'text/csv; charset=utf-8; header=present' : type,
  headers: { ...headers, vary: 'Accept' },
})
