// Evaluates one rule in one transaction: a transition and its notifications are recorded together, or not at all.
import { findInWindow, type WindowFinding } from '@penstock/shared/alerts/evaluate-window.ts'
import { isSuppressed, messageOf } from '@penstock/shared/alerts/observation.ts'
import { readRulePoints, unitsWithPoints } from '@penstock/shared/alerts/rule-points.ts'
import type { AlertRuleCreate } from '@penstock/shared/alerts/rule-schema.ts'
import { findRuleSeries, MOST_SERIES } from '@penstock/shared/alerts/rule-series.ts'
import { type AlertMemory, close, type Step, takeStep } from '@penstock/shared/alerts/state-machine.ts'
import { groupOf, pointsByGroup, rangeOfWindows, WHOLE_RULE } from '@penstock/shared/alerts/windows.ts'
import { formatTimestamp, fromPostgres, type Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { announce } from './announce.ts'
import { columnsOfMemory, memoryOf, settingsOfRule } from './memory.ts'
import {
  type AlertStateRow,
  beginEvaluation,
  closeEvent,
  type EvaluatedRule,
  insertEvent,
  noteEvaluated,
  noteFailure,
  type RuleKey,
  type StoredEvent,
  saveStates,
  selectEvent,
  selectGroupStates,
} from './state-queries.ts'

type Tx = Transaction<Database>

const STATEMENT_MS = 5_000

export interface EvaluateDeps {
  readonly db: PenstockDatabase
  readonly newId: () => string
}

/** The result of an evaluation. It is `skipped` when the rule is gone, and when another run evaluates it or has done so since `before`. */
export interface RuleOutcome {
  readonly kind: 'evaluated' | 'failed' | 'skipped'
  readonly opened: number
  readonly closed: number
  readonly isSuppressed: boolean
  readonly hasNoData: boolean
}

const skipped: RuleOutcome = { kind: 'skipped', opened: 0, closed: 0, isSuppressed: false, hasNoData: false }

export interface RuleTurn extends RuleKey {
  readonly at: Micros
  /** The beginning of the run: a rule that another run has evaluated since is skipped. */
  readonly before: Micros
}

/** A reason why a rule cannot be evaluated, which the rule shows as its `last_error`. */
type RuleError = 'ambiguous_unit' | 'too_many_series'

/**
 * Evaluates a rule at an instant. Safe to repeat and to interrupt: a transition that was recorded is not recorded again. Two calls at once
 * evaluate it once.
 */
export async function evaluateRule({ db, newId }: EvaluateDeps, turn: RuleTurn): Promise<RuleOutcome> {
  return await db.write(turn.tenantId, async (tx) => {
    const begun = await beginEvaluation(tx, turn, STATEMENT_MS)
    if (!begun) return skipped
    const { rule, head } = begun
    if (head.evaluated_at !== null && fromPostgres(head.evaluated_at) >= turn.before) return skipped
    const found = rule.enabled ? await look(tx, settingsOfRule(rule), turn) : new Map<string, WindowFinding>()
    if (typeof found === 'string') {
      await noteFailure(tx, turn, turn.at, found)
      return { ...skipped, kind: 'failed' }
    }
    const groups = rule.group_by === null ? [] : await selectGroupStates(tx, turn)
    const states = new Map([head, ...groups].map((row) => [row.group_key, row]))
    return await record(tx, { rule, states, found, newId }, turn)
  })
}

/** Returns the finding of each group of a rule, or the reason why there is none. */
async function look(
  tx: Tx,
  rule: AlertRuleCreate,
  { tenantId, at }: RuleTurn,
): Promise<ReadonlyMap<string, WindowFinding> | RuleError> {
  const series = await findRuleSeries(tx, tenantId, rule, MOST_SERIES + 1)
  if (series.length > MOST_SERIES) return 'too_many_series'
  const points = await readRulePoints(tx, { tenantId, series, ...rangeOfWindows(rule, at) })
  if (unitsWithPoints(series, points).length > 1) return 'ambiguous_unit'
  const groups = pointsByGroup(rule, series, points)
  return new Map([...groups].map(([key, of]) => [key, findInWindow(rule, of, at)]))
}

interface Recording {
  readonly rule: EvaluatedRule
  readonly states: ReadonlyMap<string, AlertStateRow>
  readonly found: ReadonlyMap<string, WindowFinding>
  readonly newId: () => string
}

const NO_DATA: WindowFinding = { value: null, finding: 'no_data' }

async function record(tx: Tx, recording: Recording, turn: RuleTurn): Promise<RuleOutcome> {
  const { rule, states, found } = recording
  const settings = settingsOfRule(rule)
  const suppressed = rule.enabled && isSuppressed(settings, turn.at)
  const keys = new Set([...states.keys(), ...found.keys()])
  // A rule with groups has no event of its own.
  if (rule.group_by !== null) keys.delete(WHOLE_RULE)
  const changed: AlertStateRow[] = []
  let [opened, closed] = [0, 0]
  for (const key of keys) {
    const row = states.get(key)
    const window = found.get(key) ?? NO_DATA
    const before = memoryOf(row)
    const step = rule.enabled
      ? takeStep(settings, before, { at: turn.at, finding: window.finding, isSuppressed: suppressed })
      : ending(before, turn.at)
    if (isSame(before, step.memory)) continue
    const eventId = await apply(tx, recording, { key, row, step, value: window.value, at: turn.at })
    changed.push({ ...emptyState(rule, key), ...columnsOfMemory(step.memory), event_id: eventId })
    if (step.opens) opened++
    if (step.closes !== undefined) closed++
  }
  await save(tx, { rule, changed, at: turn.at })
  const hasNoData = rule.enabled && [...keys].every((key) => (found.get(key) ?? NO_DATA).finding === 'no_data')
  return { kind: 'evaluated', opened, closed, isSuppressed: suppressed, hasNoData }
}

/** Compares two memories. Every step that opens, closes or notifies changes the memory. */
const isSame = (a: AlertMemory, b: AlertMemory): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The step of a disabled rule: an open event ends by hand. */
const ending = (memory: AlertMemory, at: Micros): Step =>
  memory.state === 'firing' || memory.state === 'recovering'
    ? close(memory, at, 'manual')
    : { memory, opens: false, closes: undefined, notifies: undefined }

const emptyState = (rule: EvaluatedRule, key: string): AlertStateRow => ({
  tenant_id: rule.tenant_id,
  rule_id: rule.id,
  group_key: key,
  state: 'normal',
  since: null,
  event_id: null,
  breached_since: null,
  cleared_since: null,
  openings: [],
  flapping: false,
  changed_at: null,
  notified_at: null,
  evaluated_at: null,
  last_error: null,
})

interface Transition {
  readonly key: string
  readonly row: AlertStateRow | undefined
  readonly step: Step
  readonly value: number | null
  readonly at: Micros
}

/** Records a step: the event that opens or closes, and what the channels are notified. Returns the id of the event that is open afterwards. */
async function apply(
  tx: Tx,
  { rule, newId }: Recording,
  { key, row, step, value, at }: Transition,
): Promise<string | null> {
  const openId = row?.event_id ?? null
  let event: StoredEvent | undefined
  if (step.opens) event = await insertEvent(tx, newEvent(rule, { id: newId(), group: groupOf(key), value, at }))
  else if (step.closes !== undefined && openId !== null)
    event = await closeEvent(tx, { tenantId: rule.tenant_id, id: openId, at }, step.closes)
  else if (step.notifies !== undefined && openId !== null) event = await selectEvent(tx, rule.tenant_id, openId)
  if (step.notifies !== undefined)
    await announce(tx, {
      rule,
      event,
      kind: step.notifies,
      at,
      flapping: step.memory.isFlapping,
      state: step.memory.state,
    })
  if (step.closes !== undefined) return null
  return step.opens ? (event?.id ?? null) : openId
}

const newEvent = (
  rule: EvaluatedRule,
  { id, group, value, at }: { id: string; group: string | null; value: number | null; at: Micros },
) => ({
  tenant_id: rule.tenant_id,
  id,
  rule_id: rule.id,
  group,
  triggered_at: formatTimestamp(at),
  resolved_at: null,
  severity: rule.severity,
  metric_value: value,
  threshold_value: rule.threshold_value,
  message: messageOf(settingsOfRule(rule), value),
  resolution_method: null,
  resolved_by: null,
  comment: null,
})

interface Saving {
  readonly rule: EvaluatedRule
  readonly changed: readonly AlertStateRow[]
  readonly at: Micros
}

/** Stores the changed states. The state of the rule as a whole says when it was evaluated. */
async function save(tx: Tx, { rule, changed, at }: Saving): Promise<void> {
  await saveStates(tx, changed)
  await noteEvaluated(tx, { tenantId: rule.tenant_id, ruleId: rule.id }, at)
}
