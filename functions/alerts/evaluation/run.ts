// The evaluator's part of a run: every due rule once, tenant by tenant, within a time limit.
import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import type { Clock, Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { isTransient } from '@penstock/shared/database/database-errors.ts'
import type { Evaluation } from '../contract.ts'
import { evaluateRule, type RuleOutcome } from './evaluate-rule.ts'
import { noteFailure } from './state-queries.ts'
import { selectDueRules, selectWork } from './work-queries.ts'

export interface RunLimits {
  /** Milliseconds after which a run begins no further rule. */
  readonly runMs: number
  /** Maximum rules of a run. */
  readonly rules: number
}

export interface RunDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
  readonly newId: () => string
  readonly limits: RunLimits
}

/** Rules that are read with one statement: tenants take turns after so many. */
const TURN = 100

/** Rules that were evaluated, and what came of them. */
export type Evaluated = Omit<Evaluation, 'status' | 'notifications'>

/**
 * Evaluates every due rule of the active tenants, or of one. Missed minutes are not made up. Safe to repeat, to interrupt and to run
 * concurrently.
 * @throws {Problem} 503 when the database is not available.
 */
export async function evaluate(deps: RunDeps, tenant: number | undefined): Promise<Evaluated> {
  return await evaluateTenants(deps, tenant === undefined ? await everyTenant(deps) : [tenant])
}

/** Returns the tenants with work, and logs for how long the oldest work has waited: the gauge that an alert of the operator watches. */
async function everyTenant({ db }: RunDeps): Promise<readonly number[]> {
  const work = await db.readAll(selectWork)
  logger.info({ age_s: Math.round(work[0]?.waited_s ?? 0) }, 'alerts.age')
  return work.map(({ tenant_id }) => tenant_id)
}

async function evaluateTenants(deps: RunDeps, tenants: readonly number[]): Promise<Evaluated> {
  const started = deps.now()
  const before = started * 1_000
  const total = { evaluated: 0, triggered: 0, resolved: 0, suppressed: 0, no_data: 0, errors: 0 }
  const isOver = (): boolean =>
    deps.now() - started >= deps.limits.runMs || total.evaluated + total.errors >= deps.limits.rules
  let waiting = [...tenants]
  while (waiting.length > 0 && !isOver()) {
    const next: number[] = []
    for (const tenantId of waiting) {
      if (isOver()) break
      const due = await deps.db.read(tenantId, (tx) => selectDueRules(tx, { tenantId, before }, TURN))
      for (const ruleId of due) {
        if (isOver()) break
        add(total, await attempt(deps, { tenantId, ruleId, before }))
      }
      if (due.length === TURN) next.push(tenantId)
    }
    if (!isOver()) waiting = next
  }
  const { evaluated, ...counts } = total
  return { total_evaluated: evaluated, ...counts, more: waiting.length > 0 }
}

interface Attempt {
  readonly tenantId: number
  readonly ruleId: string
  readonly before: Micros
}

/** Evaluates a rule. A failure that concerns the rule alone is stored with the rule, and the run continues. */
async function attempt(deps: RunDeps, rule: Attempt): Promise<RuleOutcome> {
  const at = deps.now() * 1_000
  try {
    return await evaluateRule(deps, { ...rule, at })
  } catch (error) {
    const cause = error instanceof Problem ? error.cause : error
    if (isTransient(cause)) throw error
    logger.error({ err: error, tenant_id: rule.tenantId, rule_id: rule.ruleId }, 'alerts.rule_failed')
    await deps.db.write(rule.tenantId, (tx) => noteFailure(tx, rule, at, errorOf(cause)))
    return { kind: 'failed', opened: 0, closed: 0, isSuppressed: false, hasNoData: false }
  }
}

const STATEMENT_TIMEOUT = '57014'

const errorOf = (cause: unknown): string =>
  (cause as { code?: unknown } | undefined)?.code === STATEMENT_TIMEOUT ? 'too_slow' : 'internal_error'

type Totals = Record<'evaluated' | 'triggered' | 'resolved' | 'suppressed' | 'no_data' | 'errors', number>

function add(total: Totals, outcome: RuleOutcome): void {
  if (outcome.kind === 'skipped') return
  if (outcome.kind === 'failed') total.errors++
  else total.evaluated++
  total.triggered += outcome.opened
  total.resolved += outcome.closed
  if (outcome.isSuppressed) total.suppressed++
  if (outcome.hasNoData) total.no_data++
}
