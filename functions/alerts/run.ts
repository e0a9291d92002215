// A run of the schedule: evaluates the rules, and then sends what is due.
import { logger } from '@penstock/shared/base/logger.ts'
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { EvaluateRequest, Evaluation } from './contract.ts'
import { type DeliveryDeps, deliver } from './delivery/deliver.ts'
import { evaluate, type RunDeps } from './evaluation/run.ts'
import { selectTenantByName } from './tenant-queries.ts'

export type FullRunDeps = RunDeps & DeliveryDeps & { readonly limits: { readonly deliveryMs: number } }

/**
 * Evaluates every due rule, and sends the notifications that are due, of all active tenants or of one. Safe to repeat, to interrupt and to run
 * concurrently.
 * @throws {Problem} 404 for an unknown tenant; 503 when the database is not available.
 */
export async function run(deps: FullRunDeps, { tenant }: EvaluateRequest): Promise<Evaluation> {
  const ends = deps.now() + deps.limits.deliveryMs
  const tenantId = tenant ? await tenantNamed(deps, tenant) : undefined
  const { more, ...evaluated } = await evaluate(deps, tenantId)
  const notifications = await deliver(deps, { tenantId, ends })
  const answer = { status: 'success', ...evaluated, notifications, more } as const
  logger.info(answer, 'alerts.run')
  return answer
}

async function tenantNamed({ db }: FullRunDeps, name: string): Promise<number> {
  const id = await db.readAll((tx) => selectTenantByName(tx, name))
  if (id === undefined) throw new Problem(notFound, 'There is no active tenant of this name.')
  return id
}
