// The statements of an evaluation: locks, the memory of a rule and its groups, and events. Each one names the tenant, as a second guard in
// addition to row security.
import type { Micros } from '@penstock/shared/base/time.ts'
import { instant } from '@penstock/shared/database/sql-values.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Insertable, type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export type AlertStateRow = Selectable<Database['alert_state']>
export type EvaluatedRule = Selectable<Database['alert_rule']>

/** The driver reads arrays of instants as dates, which lose microseconds. */
const COLUMNS = sql`alert_state.*, alert_state.openings::text[] as openings`

export interface RuleKey {
  readonly tenantId: number
  readonly ruleId: string
}

/**
 * Reads a rule, and limits each later statement of the transaction. The lock keeps the rule from being deleted, and lets it be changed. Returns
 * undefined when the rule is gone or is being deleted.
 */
export async function lockRuleForStates(
  tx: Tx,
  { tenantId, ruleId }: RuleKey,
  statementMs: number,
): Promise<EvaluatedRule | undefined> {
  const { rows } = await sql<EvaluatedRule>`
    select r.*, ${limited(statementMs)} from alert_rule r
    where r.tenant_id = ${tenantId}::int and r.id = ${ruleId}::uuid for key share skip locked`.execute(tx)
  return rows[0]
}

const limited = (statementMs: number) =>
  sql`set_config('statement_timeout', ${String(statementMs)}::text, true) as ignored`

const STATE_NAMES = [
  'tenant_id',
  'rule_id',
  'group_key',
  'state',
  'since',
  'event_id',
  'breached_since',
  'cleared_since',
  'flapping',
  'changed_at',
  'notified_at',
  'evaluated_at',
  'last_error',
] as const

/** The columns of a state next to those of its rule; null without a state. */
type StateOfRule = { readonly [Name in keyof AlertStateRow as `state_${Name}`]: AlertStateRow[Name] | null }

/**
 * Locks a rule like `lockRuleForStates`, and its state as a whole, which makes the caller the only writer of the rule's states; a missing
 * state is made. Returns undefined when the rule is gone, and when another transaction has the state.
 */
export async function beginEvaluation(
  tx: Tx,
  { tenantId, ruleId }: RuleKey,
  statementMs: number,
): Promise<{ readonly rule: EvaluatedRule; readonly head: AlertStateRow } | undefined> {
  const columns = STATE_NAMES.map((name) => sql`s.${sql.ref(name)} as ${sql.ref(`state_${name}`)}`)
  const { rows } = await sql<EvaluatedRule & StateOfRule>`
    select r.*, ${limited(statementMs)}, ${sql.join(columns)}, s.openings::text[] as state_openings
    from alert_rule r left join lateral (
      select * from alert_state a where a.tenant_id = r.tenant_id and a.rule_id = r.id and a.group_key = '' for update skip locked
    ) s on true
    where r.tenant_id = ${tenantId}::int and r.id = ${ruleId}::uuid for key share of r skip locked`.execute(tx)
  const [row] = rows
  if (!row) return undefined
  if (row.state_rule_id === null) {
    const head = await makeRuleState(tx, { tenantId, ruleId })
    return head && { rule: row, head }
  }
  const head = Object.fromEntries(([...STATE_NAMES, 'openings'] as const).map((name) => [name, row[`state_${name}`]]))
  return { rule: row, head: head as unknown as AlertStateRow }
}

/** Makes the state of a rule as a whole; undefined when there is one, which another transaction has locked. */
async function makeRuleState(tx: Tx, { tenantId, ruleId }: RuleKey): Promise<AlertStateRow | undefined> {
  const { rows } = await sql<AlertStateRow>`
    insert into alert_state (tenant_id, rule_id, group_key) values (${tenantId}::int, ${ruleId}::uuid, '')
    on conflict do nothing returning ${COLUMNS}`.execute(tx)
  return rows[0]
}

/** Waits for the state of a rule as a whole and locks it. Returns undefined for a rule that was never evaluated. */
export async function awaitRuleState(tx: Tx, { tenantId, ruleId }: RuleKey): Promise<AlertStateRow | undefined> {
  const { rows } = await sql<AlertStateRow>`
    select ${COLUMNS} from alert_state where tenant_id = ${tenantId}::int and rule_id = ${ruleId}::uuid and group_key = '' for update`.execute(
    tx,
  )
  return rows[0]
}

/** Returns the states of a rule's groups. The caller holds the lock of `lockRuleState`. */
export async function selectGroupStates(tx: Tx, { tenantId, ruleId }: RuleKey): Promise<readonly AlertStateRow[]> {
  const { rows } = await sql<AlertStateRow>`
    select ${COLUMNS} from alert_state where tenant_id = ${tenantId}::int and rule_id = ${ruleId}::uuid and group_key <> ''`.execute(
    tx,
  )
  return rows
}

/** Stores the states of a rule, new ones and changed ones. */
export async function saveStates(tx: Tx, states: readonly Insertable<Database['alert_state']>[]): Promise<void> {
  if (states.length === 0) return
  await tx
    .insertInto('alert_state')
    .values([...states])
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'rule_id', 'group_key']).doUpdateSet((eb) => ({
        state: eb.ref('excluded.state'),
        since: eb.ref('excluded.since'),
        event_id: eb.ref('excluded.event_id'),
        breached_since: eb.ref('excluded.breached_since'),
        cleared_since: eb.ref('excluded.cleared_since'),
        openings: eb.ref('excluded.openings'),
        flapping: eb.ref('excluded.flapping'),
        changed_at: eb.ref('excluded.changed_at'),
        notified_at: eb.ref('excluded.notified_at'),
        evaluated_at: eb.ref('excluded.evaluated_at'),
        last_error: eb.ref('excluded.last_error'),
      })),
    )
    .execute()
}

/** Notes that a rule was evaluated without a change. */
export async function noteEvaluated(tx: Tx, { tenantId, ruleId }: RuleKey, at: Micros): Promise<void> {
  await sql`
    update alert_state set evaluated_at = ${instant(at)}, last_error = null
    where tenant_id = ${tenantId}::int and rule_id = ${ruleId}::uuid and group_key = ''`.execute(tx)
}

/** Notes why the evaluation of a rule failed. The rule keeps its states. */
export async function noteFailure(tx: Tx, { tenantId, ruleId }: RuleKey, at: Micros, error: string): Promise<void> {
  await sql`
    insert into alert_state (tenant_id, rule_id, group_key, evaluated_at, last_error)
    select tenant_id, id, '', ${instant(at)}, ${error}::text from alert_rule
    where tenant_id = ${tenantId}::int and id = ${ruleId}::uuid
    on conflict (tenant_id, rule_id, group_key) do update
      set evaluated_at = excluded.evaluated_at, last_error = excluded.last_error`.execute(tx)
}

export type NewEvent = Insertable<Database['alert_event']>
export type StoredEvent = Selectable<Database['alert_event']>

export async function insertEvent(tx: Tx, event: NewEvent): Promise<StoredEvent> {
  return await tx.insertInto('alert_event').values(event).returningAll().executeTakeFirstOrThrow()
}

export async function selectEvent(tx: Tx, tenantId: number, id: string): Promise<StoredEvent | undefined> {
  return await tx
    .selectFrom('alert_event')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Resolves an open event; undefined when it is not there any more, or was resolved before. */
export async function closeEvent(
  tx: Tx,
  { tenantId, id, at }: { readonly tenantId: number; readonly id: string; readonly at: Micros },
  method: NonNullable<StoredEvent['resolution_method']>,
): Promise<StoredEvent | undefined> {
  const { rows } = await sql<StoredEvent>`
    update alert_event set resolved_at = greatest(${instant(at)}, triggered_at), resolution_method = ${method}::text
    where tenant_id = ${tenantId}::int and id = ${id}::uuid and resolved_at is null returning *`.execute(tx)
  return rows[0]
}
