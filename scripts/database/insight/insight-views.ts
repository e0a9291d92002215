// Makes the tables of the insight service as views over one tenant, and the login that uses them.
import type { Tier } from '@penstock/shared/config/tier.ts'
import type { ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'
import { type Client, escapeLiteral } from 'pg'
import { setDefaults } from '../apply-roles.ts'
import { applyGrants } from '../grants.ts'
import { changingLogins, keepReaderBudget, tenantIdOf } from '../keys/readers.ts'
import { OWNER } from '../roles.ts'
import { scramVerifier } from '../scram.ts'
import { INSIGHT_GRANTS, INSIGHT_LOGIN, INSIGHT_OWNER } from './insight-role.ts'
import { type InsightTable, insightTables } from './insight-tables.ts'

export interface InsightDeps {
  readonly client: Client
  readonly budget: ConnectionBudget
  readonly tier: Tier
  readonly randomBytes: (count: number) => Buffer
}

/** The connections that the login may open at a time; they count as readers'. */
const CONNECTIONS = 2

/**
 * Makes the schema `insight_service` with the views over a tenant, or replaces it, and gives the login another password. Only a hash of the
 * password is stored. The functions behind the views set the tenant themselves, so no session can choose another one.
 * @throws {Error} when there is no such tenant, and when readers would have more connections than their budget.
 */
export async function makeInsightViews(
  deps: InsightDeps,
  tenant: string,
): Promise<{ readonly login: string; readonly password: string }> {
  const { client, budget, randomBytes } = deps
  const tenantId = await tenantIdOf(client, tenant)
  const password = randomBytes(24).toString('base64url')
  const verifier = scramVerifier(password, randomBytes)
  await changingLogins(client, async () => {
    await keepReaderBudget(deps, INSIGHT_LOGIN, CONNECTIONS)
    for (const role of [INSIGHT_OWNER, INSIGHT_LOGIN]) await ensureRole(client, role)
    await client.query(`grant ${INSIGHT_OWNER} to current_user`)
    await client.query(`set local role ${OWNER}`)
    await applyGrants(client, new Map([[INSIGHT_OWNER, INSIGHT_GRANTS]]))
    await client.query('reset role')
    await client.query(`drop schema if exists ${INSIGHT_LOGIN} cascade`)
    await client.query(`create schema ${INSIGHT_LOGIN} authorization ${INSIGHT_OWNER}`)
    await client.query(`set local role ${INSIGHT_OWNER}`)
    for (const statement of statementsOf(tenantId)) await client.query(statement)
    await client.query('reset role')
    await client.query(
      `alter role ${INSIGHT_LOGIN} login connection limit ${CONNECTIONS} password ${escapeLiteral(verifier)}`,
    )
    await setDefaults(client, INSIGHT_LOGIN, { ...budget.timeouts, TimeZone: 'UTC', search_path: INSIGHT_LOGIN })
  })
  return { login: INSIGHT_LOGIN, password }
}

/** Removes the schema and both roles. Safe to repeat. @throws {Error} of the server while a session of the login is open. */
export async function dropInsightViews({ client }: Pick<InsightDeps, 'client'>): Promise<void> {
  await changingLogins(client, async () => {
    await client.query(`drop schema if exists ${INSIGHT_LOGIN} cascade`)
    for (const role of [INSIGHT_LOGIN, INSIGHT_OWNER]) {
      const { rows } = await client.query('select from pg_roles where rolname = $1', [role])
      if (rows.length === 0) continue
      await client.query(`grant ${role} to current_user`)
      if (role === INSIGHT_OWNER) {
        await client.query(`set local role ${OWNER}`)
        await applyGrants(client, new Map([[INSIGHT_OWNER, []]]))
        await client.query('reset role')
      }
      await client.query(`drop role ${role}`)
    }
  })
}

async function ensureRole(client: Client, role: string): Promise<void> {
  const { rows } = await client.query('select from pg_roles where rolname = $1', [role])
  if (rows.length === 0) await client.query(`create role ${role} nologin`)
}

/** Returns the statements that make everything in the schema, which belongs to the role that runs them. */
const statementsOf = (tenantId: number): readonly string[] => [
  ...insightTables.flatMap((table) => [...readingOf(table, tenantId), ...writingOf(table, tenantId)]),
  `revoke all on all functions in schema ${INSIGHT_LOGIN} from public`,
  ...insightTables.map(
    ({ name, columns }) =>
      `grant execute on function ${INSIGHT_LOGIN}.rows_of_${name}() to ${INSIGHT_LOGIN};
       comment on view ${INSIGHT_LOGIN}.${name} is ${escapeLiteral(`${columns.length} columns, as the insight service has them`)}`,
  ),
  `grant usage on schema ${INSIGHT_LOGIN} to ${INSIGHT_LOGIN}`,
  `grant select, insert, update, delete on all tables in schema ${INSIGHT_LOGIN} to ${INSIGHT_LOGIN}`,
]

/**
 * Because of the search_path of its own, a function's other local settings end with it too. A tenant among them would need a superuser, so
 * the function sets that itself, whatever the session has set.
 */
const DEFINER = 'language plpgsql security definer set search_path = pg_catalog, public, pg_temp'
const asTenant = (tenantId: number): string => `perform set_config('app.tenant_id', '${tenantId}', true);`

function readingOf({ name, columns, rows }: InsightTable, tenantId: number): readonly string[] {
  const typed = columns.map(([column, type]) => `"${column}" ${type}`).join(', ')
  return [
    `create function ${INSIGHT_LOGIN}.rows_of_${name}() returns table (${typed}) stable ${DEFINER} as $$
     #variable_conflict use_column
     begin ${asTenant(tenantId)} return query ${rows}; end $$`,
    `create view ${INSIGHT_LOGIN}.${name} as select * from ${INSIGHT_LOGIN}.rows_of_${name}()`,
  ]
}

function writingOf({ name, insert, update, remove }: InsightTable, tenantId: number): readonly string[] {
  return [
    `create function ${INSIGHT_LOGIN}.write_${name}() returns trigger ${DEFINER} as $$
     declare
       tenant constant int := ${tenantId};
     begin
       ${asTenant(tenantId)}
       if tg_op = 'INSERT' then ${insert} return new;
       elsif tg_op = 'UPDATE' then ${update} return new;
       end if;
       ${remove}
       return old;
     end $$`,
    `create trigger write_${name} instead of insert or update or delete on ${INSIGHT_LOGIN}.${name}
     for each row execute function ${INSIGHT_LOGIN}.write_${name}()`,
  ]
}
