// Turns requests, whose parameters are in the query string or in a form, into calls of the rules, and their results into replies.
import type { Call, Handlers, Reply } from '@penstock/shared/http/service.ts'
import { validateQuery } from '@penstock/shared/http/validation.ts'
import { FormatQuery, InstantQuery, MatchQuery, type routes, StepQuery } from './contract.ts'
import { instantQuery, type PromqlDeps, rangeQuery } from './handler.ts'
import { failureOf, success } from './http/envelope.ts'
import { readQuery } from './http/parameters.ts'
import { listLabels, listMetadata, listSeries, listValues } from './lists.ts'
import { formatExpression } from './syntax/format.ts'
import { loadRegexes } from './syntax/matchers.ts'
import { QueryError } from './syntax/query-error.ts'

/** Grafana requests it, and offers the features of this version of Prometheus. */
const BUILD = { version: '2.42.0', revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' }

/** Returns the handler of each route. */
export function handlersOf(deps: PromqlDeps): Handlers<typeof routes> {
  type Instant = Pick<Call<typeof routes.query>, 'caller' | 'query'>
  type Steps = Pick<Call<typeof routes.range>, 'caller' | 'query'>
  type Match = Pick<Call<typeof routes.series>, 'caller' | 'query'>
  const query = ({ caller, query: sent }: Instant) =>
    answered(async () => {
      const { data, warnings } = await instantQuery(deps, caller, sent)
      return success(data, warnings)
    })
  const range = ({ caller, query: sent }: Steps) =>
    answered(async () => {
      const { data, warnings } = await rangeQuery(deps, caller, sent)
      return success(data, warnings)
    })
  const series = ({ caller, query: sent }: Match) => answered(async () => listed(await listSeries(deps, caller, sent)))
  const labels = ({ caller, query: sent }: Match) => answered(async () => listed(await listLabels(deps, caller, sent)))
  const format = ({ query: sent }: Pick<Call<typeof routes.format>, 'query'>) =>
    answered(async () => success(JSON.stringify(formatExpression(readQuery(sent.query)))))
  return {
    query,
    queryForm: async (call) => await query({ ...call, query: merged(InstantQuery, call) }),
    range,
    rangeForm: async (call) => await range({ ...call, query: merged(StepQuery, call) }),
    series,
    seriesForm: async (call) => await series({ ...call, query: merged(MatchQuery, call) }),
    labels,
    labelsForm: async (call) => await labels({ ...call, query: merged(MatchQuery, call) }),
    labelValues: ({ caller, params: { name = '' }, query: sent }) =>
      answered(async () => listed(await listValues(deps, caller, name, sent))),
    metadata: ({ caller, query: sent }) => answered(async () => listed(await listMetadata(deps, caller, sent))),
    format,
    formatForm: async (call) => await format({ query: merged(FormatQuery, call) }),
    buildInfo: async () => success(JSON.stringify(BUILD)),
  }
}

const listed = ({ data, warnings }: { readonly data: unknown; readonly warnings: readonly string[] }): Reply =>
  success(JSON.stringify(data), warnings)

/** Returns the reply, or the answer to the error of the query. */
async function answered(answer: () => Promise<Reply>): Promise<Reply> {
  try {
    await loadRegexes()
    return await answer()
  } catch (error) {
    if (error instanceof QueryError) return failureOf(error)
    throw error
  }
}

/** Returns the parameters of the form and the query string; the form's come first. @throws {Problem} for one that is given twice. */
function merged<T extends Parameters<typeof validateQuery>[0]>(
  schema: T,
  { bytes, query }: { readonly bytes: Buffer; readonly query: object },
): ReturnType<typeof validateQuery<T>> {
  const form = validateQuery(schema, [...new URLSearchParams(bytes.toString())])
  return { ...query, ...(form as object) } as ReturnType<typeof validateQuery<T>>
}
