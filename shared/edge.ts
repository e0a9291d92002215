// The front of every function: what stands between the socket and a handler.
import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import { authenticator } from './auth.ts'
import { shareAllowance } from './body-allowance.ts'
import type { EdgeConfig } from './config.ts'
import type { PenstockDatabase } from './database.ts'
import { type EdgeLimits, limitsOf } from './edge-limits.ts'
import { type Listener, standBeforeFramework } from './framework.ts'
import { type AnyService, answerOne, type Exchange, type Front } from './front.ts'
import { logger } from './logger.ts'
import type { PlatformPrincipal, ServicePrincipal, TenantPrincipal } from './principal.ts'
import type { Problem } from './problem.ts'
import { router } from './routing.ts'
import type { Clock } from './time.ts'
import type { PlatformScope, Route, Routes } from './wire.ts'

/** Who can have got through to the handler of a route. */
export type CallerOf<R extends Route> =
  | (R['scope'] extends PlatformScope ? PlatformPrincipal : TenantPrincipal)
  | (R extends { readonly service: true } ? ServicePrincipal : never)

/** A request that has passed the front. */
export interface Call<R extends Route = Route> {
  readonly caller: CallerOf<R>
  /** Parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: R['query'] extends z.ZodType ? z.output<R['query']> : undefined
  readonly body: R['body'] extends z.ZodType ? z.output<R['body']> : undefined
  /** The body as bytes, inflated; empty on a GET. */
  readonly bytes: Buffer
  readonly headers: IncomingHttpHeaders
  /** As asked, path and query; its host says nothing. */
  readonly url: URL
}

/** What a handler answers: `json` is serialised, `text` goes out as it is. Status 200 where there is a body, 204 where there is none. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: string
  /** Default `application/json`. */
  readonly type?: string
}

export type Handlers<R extends Routes> = { readonly [K in keyof R]: (call: Call<R[K]>) => Promise<Reply> }

export interface Service<R extends Routes> {
  readonly config: EdgeConfig
  readonly db: PenstockDatabase
  readonly routes: R
  readonly handlers: Handlers<R>
  /** Turns a failure into a foreign protocol's own shape; undefined where problem+json is spoken. The problem's headers are added. */
  readonly failure?: (problem: Problem, route: Route) => Reply | undefined
}

/** What tests may replace. */
export interface EdgeOverrides {
  readonly clock?: Clock
  readonly random?: () => number
  readonly limits?: Partial<EdgeLimits>
}

/** Registers an entry point with the Functions Framework, and puts our front before it where it is this process's. */
export function serve<const R extends Routes>(name: string, service: Service<R>): void {
  standBeforeFramework(name, service.config.target === name, () => ({
    listener: createListener(name, service),
    close: () => service.db.close(),
  }))
}

/**
 * The front of a function as a plain listener: for `request` events, and for `checkContinue` events with a third argument that
 * tells the client to go on. Whatever happens in it, it answers.
 */
export function createListener<const R extends Routes>(
  name: string,
  service: Service<R>,
  overrides: EdgeOverrides = {},
): Listener {
  const clock = overrides.clock ?? Date.now
  const limits = { ...limitsOf(name), ...overrides.limits }
  const front: Front = {
    service: service as unknown as AnyService,
    limits,
    clock,
    random: overrides.random ?? Math.random,
    findRoute: router(service.routes),
    authenticate: authenticator({ db: service.db, config: service.config, clock }),
    openAllowance: shareAllowance(limits.bodiesBytes),
    inFlight: 0,
  }
  return (request, response, askForBody = () => {}) => {
    const exchange: Exchange = { request, askForBody, startedAt: clock(), allowance: front.openAllowance() }
    answerOne(front, exchange, response).catch((error: unknown) => {
      logger.fatal({ err: error }, 'request.unanswered')
      response.destroy()
    })
  }
}
