// Errors of Google's client, which carry the number of a gRPC status over REST too.
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto

const NOT_FOUND = 5
const ALREADY_EXISTS = 6
const ABORTED = 10
/** UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE. */
const TRANSIENT: readonly unknown[] = [2, 4, 8, 10, 13, 14]

/** The HTTP status where the client has it, because several of them become one number of gRPC. */
function codeOf(error: unknown): unknown {
  const { code, httpStatusCode } = error as { readonly code?: unknown; readonly httpStatusCode?: unknown }
  return httpStatusCode ?? code
}

/** True when the named resource does not exist. */
export const isMissing = (error: unknown): boolean => codeOf(error) === NOT_FOUND || codeOf(error) === 404

/** True when another operation is under way, or the resource exists already. */
export const isConflict = (error: unknown): boolean =>
  [ALREADY_EXISTS, ABORTED, 409].some((code) => codeOf(error) === code)

/** True when the same call may succeed later: the service did not answer, or said so. */
export function mayPass(error: unknown): boolean {
  const code = codeOf(error)
  if (typeof code === 'number' && code >= 100) return code >= 500 || code === 429
  return typeof code !== 'number' || TRANSIENT.includes(code)
}

/** The service's own words, without the number that its client puts in front of them. */
export const reasonOf = (error: unknown): string => (error as Error).message.replace(/^\d+ /, '').slice(0, 500)
