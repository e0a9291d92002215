// The rules of alert rules: create, list, read, change and delete them.
import { type AlertRuleChange, type AlertRuleCreate, brokenPairs } from '@penstock/shared/alerts/rule-schema.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { changed, notFound, Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import type { Rule, RuleListQuery, RulePage } from './contract.ts'
import { creatorOf, ownerOf } from './owner.ts'
import {
  type AlertRuleRow,
  type AlertRuleUpdate,
  deleteRule,
  existingChannels,
  insertRule,
  lockRule,
  type RuleScope,
  selectRule,
  selectRules,
  updateRule,
} from './rule-queries.ts'
import { toRule } from './wire-rule.ts'

export interface RuleDeps {
  readonly db: PenstockDatabase
  readonly newId: () => string
}

/** Returns true when a row has the version that the caller expects. */
export type IsExpected = (version: number) => boolean

const scopeOf = (caller: TenantPrincipal): RuleScope => ({ tenantId: caller.tenant.id, owner: ownerOf(caller) })

/**
 * Creates a rule. Not safe to repeat: each call creates another one.
 * @throws {Problem} 422 for a channel that the tenant does not have; 429 when the tenant has as many rules as it may have.
 */
export async function create({ db, newId }: RuleDeps, caller: TenantPrincipal, rule: AlertRuleCreate): Promise<Rule> {
  const scope = scopeOf(caller)
  const { suppression_start: start, suppression_end: end, ...fields } = rule
  const row = {
    ...columnsOf(fields),
    tenant_id: scope.tenantId,
    // The id is made before the unit of work, which may run twice.
    id: newId(),
    service_name: rule.service_name,
    metric_type: rule.metric_type,
    threshold_type: rule.threshold_type,
    suppression_start: start === null ? null : formatTimestamp(start),
    suppression_end: end === null ? null : formatTimestamp(end),
    created_by: creatorOf(caller),
  }
  const stored = await db.write(scope.tenantId, async (tx) => {
    refuseUnknownChannels(rule.channel_ids, await existingChannels(tx, scope.tenantId, rule.channel_ids))
    return (await selectRule(tx, scope, row.id)) ?? (await insertRule(tx, row))
  })
  return toRule({ evaluated_at: null, last_error: null, ...stored })
}

/** The fields that a create and a change have in common, by their columns. */
const columnsOf = (fields: Omit<AlertRuleCreate, 'suppression_start' | 'suppression_end'>) => ({
  name: fields.name,
  threshold_value: fields.threshold_value,
  comparison_operator: fields.comparison_operator,
  severity: fields.severity,
  evaluation_window_seconds: fields.evaluation_window_seconds,
  notification_channels: fields.notification_channels,
  channel_ids: fields.channel_ids,
  suppression_enabled: fields.suppression_enabled,
  enabled: fields.enabled,
  aggregate: fields.aggregate,
  unit: fields.unit,
  labels: fields.labels,
  group_by: fields.group_by,
  for_seconds: fields.for_seconds,
  recover_seconds: fields.recover_seconds,
  recover_value: fields.recover_value,
  no_data: fields.no_data,
  repeat_seconds: fields.repeat_seconds,
})

/** Returns a page of the rules that the caller sees, newest first. */
export async function list({ db }: RuleDeps, caller: TenantPrincipal, query: RuleListQuery): Promise<RulePage> {
  const scope = scopeOf(caller)
  const { page, page_size } = query
  const ask = {
    serviceName: query.service_name,
    enabled: query.enabled,
    severity: query.severity,
    offset: (page - 1) * page_size,
    limit: page_size,
  }
  const { total, rows } = await db.read(scope.tenantId, (tx) => selectRules(tx, scope, ask), { oneSnapshot: true })
  return { alerts: rows.map(toRule), total, page, page_size }
}

/** Returns a rule. @throws {Problem} 404 when the caller sees no such rule. */
export async function rule({ db }: RuleDeps, caller: TenantPrincipal, id: string): Promise<Rule> {
  const scope = scopeOf(caller)
  return toRule(found(await db.read(scope.tenantId, (tx) => selectRule(tx, scope, id))))
}

/**
 * Changes the fields that are sent. The next evaluation uses them. Safe to repeat, except with `isExpected`.
 * @throws {Problem} 404; 412 for an unexpected version; 422 for a field that contradicts another one, and for an unknown channel.
 */
export async function change(
  { db }: RuleDeps,
  caller: TenantPrincipal,
  {
    id,
    change: sent,
    isExpected,
  }: { readonly id: string; readonly change: AlertRuleChange; readonly isExpected: IsExpected },
): Promise<Rule> {
  const scope = scopeOf(caller)
  const row = await db.write(scope.tenantId, async (tx) => {
    const before = found(await lockRule(tx, scope, id, 'change'))
    refuseUnexpected(before, isExpected)
    refuseBrokenPairs(before, sent)
    const channelIds = sent.channel_ids ?? []
    refuseUnknownChannels(channelIds, await existingChannels(tx, scope.tenantId, channelIds))
    await updateRule(tx, scope.tenantId, id, updateOf(sent))
    return found(await selectRule(tx, scope, id))
  })
  return toRule(row)
}

function updateOf({ suppression_start: start, suppression_end: end, ...fields }: AlertRuleChange): AlertRuleUpdate {
  const instants = {
    suppression_start: start === undefined ? undefined : formatTimestamp(start),
    suppression_end: end === undefined ? undefined : formatTimestamp(end),
  }
  const given = Object.entries({ ...fields, ...instants }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as AlertRuleUpdate
}

/**
 * Deletes a rule with its history; what is pending for it is not sent.
 * @throws {Problem} 404; 412 for an unexpected version.
 */
export async function remove(
  { db }: RuleDeps,
  caller: TenantPrincipal,
  { id, isExpected }: { readonly id: string; readonly isExpected: IsExpected },
): Promise<void> {
  const scope = scopeOf(caller)
  await db.write(scope.tenantId, async (tx) => {
    refuseUnexpected(found(await lockRule(tx, scope, id, 'removal')), isExpected)
    await deleteRule(tx, scope.tenantId, id)
  })
}

/** Returns the row. @throws {Problem} 404 when it is undefined, because the caller sees no such rule. */
function found<T>(row: T | undefined): T {
  if (row === undefined) throw new Problem(notFound, 'Alert configuration not found')
  return row
}

function refuseUnexpected({ version }: AlertRuleRow, isExpected: IsExpected): void {
  if (isExpected(version)) return
  throw new Problem(changed, `The rule is at version ${version} now. Read it again before you change it.`)
}

function refuseBrokenPairs(before: AlertRuleRow, sent: AlertRuleChange): void {
  const instantOf = (text: string | null) => (text === null ? null : fromPostgres(text))
  const broken = brokenPairs({
    suppression_start: sent.suppression_start ?? instantOf(before.suppression_start),
    suppression_end: sent.suppression_end ?? instantOf(before.suppression_end),
    recover_value: sent.recover_value ?? before.recover_value,
    threshold_value: sent.threshold_value ?? before.threshold_value,
    comparison_operator: sent.comparison_operator ?? before.comparison_operator,
  })
  if (broken.length > 0)
    throw invalidRequest(broken.map(({ field, message }) => ({ pointer: `/${field}`, detail: message })))
}

function refuseUnknownChannels(ids: readonly string[], known: ReadonlySet<string>): void {
  const unknown = ids.flatMap((id, i) => (known.has(id.toLowerCase()) ? [] : [i]))
  if (unknown.length > 0)
    throw invalidRequest(unknown.map((i) => ({ pointer: `/channel_ids/${i}`, detail: 'must be the id of a channel' })))
}
