// Who may call a server that asks for no credential: programs on this machine, and no web page.
import type { IncomingHttpHeaders } from 'node:http'
import { forbidden, Problem } from '../base/problem.ts'

/** Whether a `Host` names this machine's loopback interface, by whatever port. */
export const isLocalHost = (host: string | undefined): boolean =>
  host === undefined || /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(host)

/**
 * Refuses what a web page may have sent to a function that answers callers without credentials: a foreign `Host` is a name that was
 * pointed at this machine (DNS rebinding), and an `Origin` that is not this server's own and not in CORS_ORIGINS is another site's page.
 * @throws {Problem} 403
 */
export function checkLocalCaller({ host, origin }: IncomingHttpHeaders, origins: readonly string[]): void {
  if (!isLocalHost(host))
    throw new Problem(forbidden, 'A suite that was started with --open answers to localhost and 127.0.0.1 alone.')
  if (origin === undefined || origin === `http://${host}`) return
  if (!origins.includes(origin) && !origins.includes('*'))
    throw new Problem(
      forbidden,
      'A suite that was started with --open answers no web page: CORS_ORIGINS lists those it does.',
    )
}
