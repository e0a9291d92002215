// The front of every function, between the socket and a handler.
import { authenticator } from '../auth/auth.ts'
import { callRecorder } from '../auth/call-record.ts'
import { callerAddress } from '../auth/caller-address.ts'
import { openRecentCredentials } from '../auth/recent-credentials.ts'
import { addressRate } from '../base/address-rate.ts'
import { logger } from '../base/logger.ts'
import { openStrangerLane } from '../base/stranger-lane.ts'
import type { Clock } from '../base/time.ts'
import type { FrontRoutes } from '../base/wire.ts'
import { budget, deploymentOf } from '../database/connection-budget.ts'
import { accessLog } from './access-log.ts'
import { shareAllowance } from './body-allowance.ts'
import { type EdgeLimits, limitsOf } from './edge-limits.ts'
import { type Listener, standBeforeFramework } from './framework.ts'
import { answerOne, type Front, openExchange } from './front.ts'
import { createFrontShares, databaseOfStrangers } from './front-shares.ts'
import { garbageCollector } from './garbage.ts'
import { router } from './routing.ts'
import type { AnyService, Service } from './service.ts'

/** Settings that tests may replace. */
export interface EdgeOverrides {
  readonly clock?: Clock
  readonly random?: () => number
  readonly limits?: Partial<EdgeLimits>
}

/** Registers an entry point with the Functions Framework, and installs our front if this process runs that entry point. */
export function serve<const R extends FrontRoutes>(name: string, service: Service<R>): void {
  standBeforeFramework(name, { isTarget: service.config.target === name, host: service.config.host }, () => ({
    listener: createListener(name, service),
    corsOrigins: service.config.corsOrigins,
    async close() {
      await service.report?.writeLast()
      await service.db.close()
    },
  }))
}

/**
 * Returns the front of a function as a plain listener: for `request` events, and for `checkContinue` events with a third argument that
 * asks the client for its body. It answers in every case.
 */
export function createListener<const R extends FrontRoutes>(
  name: string,
  service: Service<R>,
  overrides: EdgeOverrides = {},
): Listener {
  const clock = overrides.clock ?? Date.now
  const deployment = deploymentOf(name, service.config.tier)
  const limits = { ...limitsOf(deployment, service.config.inCloud), ...overrides.limits }
  const front: Front = {
    service: service as unknown as AnyService,
    limits,
    clock,
    ...router(service.routes, budget.paths),
    authenticate: authenticator({ db: databaseOfStrangers(service.db), config: service.config, clock }),
    openAllowance: shareAllowance({ tidyUp: garbageCollector(limits.tidyRssBytes) }, limits.bodies),
    shares: createFrontShares(limits),
    takeOfAddress: addressRate(clock),
    recent: openRecentCredentials(),
    recordCall: callRecorder(service.db, clock),
    logServed: accessLog({ limits, random: overrides.random ?? Math.random, clock }),
  }
  const lane = openStrangerLane()
  return (request, response, askForBody = () => {}) => {
    const arrivedAt = clock()
    const address = callerAddress(request, service.config.trustedHops ?? 0)
    const answer = (): void => {
      const exchange = openExchange(front, request, { askForBody, arrivedAt, address })
      answerOne(front, exchange, response).catch((error: unknown) => {
        logger.fatal({ err: error }, 'request.unanswered')
        response.destroy()
      })
    }
    if (front.recent.has(request.headers)) answer()
    else lane.enter(address, answer)
  }
}
