// The error of a query, with the kind that the Prometheus API names in `errorType`.

export type QueryErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'unavailable'

/** A query that cannot be answered. The message is shown to the caller. */
export class QueryError extends Error {
  readonly type: QueryErrorType

  constructor(type: QueryErrorType, message: string) {
    super(message)
    this.name = 'QueryError'
    this.type = type
  }
}

/** The error of an expression that cannot be parsed, or whose types do not fit. `at` is an index into the text. */
export function parseError(text: string, at: number, message: string): QueryError {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1)) + 1
  return new QueryError('bad_data', `${line}:${column}: parse error: ${message}`)
}

export const executionError = (message: string): QueryError => new QueryError('execution', message)
