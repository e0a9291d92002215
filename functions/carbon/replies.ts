// The handlers of all routes: those of the resources with their rules, detections, statistics and health.

import { problemReply } from '@penstock/shared/http/problem-response.ts'
import type { Handlers, Service } from '@penstock/shared/http/service.ts'
import { type ResourceDeps, resourceHandlers } from '@penstock/shared/resource/resource-handlers.ts'
import { alerts, cameras, notifications, organizations, routes, zones } from './contract.ts'
import { type DetectDeps, detect } from './detect.ts'
import {
  alertsInOrganization,
  aroundZone,
  inOrganization,
  inZone,
  selectStats,
  unlinkCamera,
  unlinkOrganization,
  unlinkZone,
  zoneOfCamera,
  zonesOfOrganization,
} from './queries.ts'
import { checkAlert, checkCamera, checkZone } from './rules.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: ResourceDeps & DetectDeps): Handlers<typeof routes> {
  const { db, counters } = deps
  return {
    ...resourceHandlers(deps, organizations, { also: { zones: zonesOfOrganization }, unlink: unlinkOrganization }),
    ...resourceHandlers(deps, zones, {
      check: checkZone,
      filters: { org_id: inOrganization },
      also: aroundZone,
      unlink: unlinkZone,
    }),
    ...resourceHandlers(deps, cameras, {
      check: checkCamera,
      filters: { zone_id: inZone },
      also: { zone: zoneOfCamera },
      unlink: unlinkCamera,
    }),
    ...resourceHandlers(deps, alerts, { check: checkAlert, filters: { org_id: alertsInOrganization } }),
    ...resourceHandlers(deps, notifications),
    detect: async (call) => ({ json: await detect(deps, call) }),
    async stats({ caller: { tenant }, query }) {
      return { text: await db.read(tenant.id, (tx) => selectStats(tx, tenant.id, query.zone_id)) }
    },
    status: async () => ({ json: { status: 'OK', message: 'Penstock carbon serves.' } }),
    async health() {
      // The caller was identified, so the database answers.
      const external = await counters.crowdState()
      const overall = external === 'unreachable' ? 'DEGRADED' : 'OK'
      return { json: { overall_status: overall, database: 'OK', external_service: external } }
    },
  }
}

/** Clients of detections read the reason of a failure in `error`. */
export const withError: NonNullable<Service<typeof routes>['failure']> = (problem, { path }) => {
  if (path !== routes.detect.path) return undefined
  const reply = problemReply(problem)
  return { ...reply, json: { ...(reply.json as object), error: problem.detail } }
}
