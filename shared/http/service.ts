// The contract between a function and its front: routes, and a handler for each.
import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { PlatformPrincipal, Principal, ServicePrincipal, TenantPrincipal } from '../auth/principal.ts'
import type { Quota } from '../auth/quota.ts'
import type { Problem } from '../base/problem.ts'
import type { FrontRoutes, PlatformScope, Route } from '../base/wire.ts'
import type { EdgeConfig } from '../config/config.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { InstanceReport } from '../report/instance-report.ts'
import type { Traces } from '../report/traces.ts'
import type { OwnedBuffer } from './body-buffer.ts'

/** The callers that can reach the handler of a route. */
export type CallerOf<R extends Route> = R['scope'] extends 'none' ? undefined : KnownCallerOf<R>

type KnownCallerOf<R extends Route> =
  | (R['scope'] extends 'any' ? Principal : R['scope'] extends PlatformScope ? PlatformPrincipal : TenantPrincipal)
  | (R extends { readonly service: true } ? ServicePrincipal : never)
  | (R extends { readonly operators: true } ? PlatformPrincipal : never)

type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.output<R['body']> : undefined

/** A request that has passed the front. */
export interface Call<R extends Route = Route> {
  readonly caller: CallerOf<R>
  /** Parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: R['query'] extends z.ZodType ? z.output<R['query']> : undefined
  readonly body: R extends { readonly readsBytes: true } ? undefined : BodyOf<R>
  /** The body as bytes, decompressed; empty on a GET. */
  readonly bytes: Buffer
  readonly headers: IncomingHttpHeaders
  /** Path and query as requested; the host is meaningless. */
  readonly url: URL
}

/**
 * A handler's reply: `json` is serialised, `text` and `bytes` are sent unchanged. The default status is 200 with a body and 204 without.
 */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: string
  readonly bytes?: Buffer
  /** Instead of `bytes`: their memory is released once they are sent, so nothing else may hold them. */
  readonly owned?: OwnedBuffer
  /** The default is `application/json`. */
  readonly type?: string
}

export type Handlers<R extends FrontRoutes> = { readonly [K in keyof R]: (call: Call<R[K]>) => Promise<Reply> }

export interface Service<R extends FrontRoutes> {
  readonly config: EdgeConfig
  readonly db: PenstockDatabase
  /** The instance's report about itself; absent in a deployment without a database. */
  readonly report?: InstanceReport | undefined
  /** The limits of tenants' plans; absent in a deployment without a database. */
  readonly quota?: Quota | undefined
  /** The export of spans; absent where no receiver is set. */
  readonly traces?: Traces | undefined
  readonly routes: R
  readonly handlers: Handlers<R>
  /**
   * Turns a failure into the form of a third-party protocol; undefined for problem+json. The problem's headers are added. `headers` are
   * the request's.
   */
  readonly failure?: (problem: Problem, route: Route, headers: IncomingHttpHeaders) => Reply | undefined
}

/**
 * A service with routes of any type. The types of routes serve the authors of handlers; at run time the front validates by each route's
 * schemas.
 */
export interface AnyService extends Omit<Service<FrontRoutes>, 'handlers'> {
  readonly handlers: Readonly<Record<string, (call: unknown) => Promise<Reply>>>
}
