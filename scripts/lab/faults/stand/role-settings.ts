// Changes settings of functions' roles temporarily for a fault.
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { roleOf } from '../../../database/roles.ts'
import type { Server } from '../../stand/server.ts'

/** Changes time-outs of these functions' roles for new sessions, and ends the existing ones. */
export async function setTimeouts(
  server: Pick<Server, 'ask'>,
  functionNames: readonly string[],
  timeouts: Readonly<Record<string, string>>,
): Promise<void> {
  for (const name of functionNames) {
    for (const [setting, value] of Object.entries(timeouts))
      await server.ask(`alter role ${roleOf(name)} set ${setting} = '${value}'`)
    // Otherwise the next run of partitions would restore them.
    await server.ask(
      `update role_baseline set settings = (
         select setconfig from pg_db_role_setting where setrole = $1::regrole and setdatabase = 0) where role = $1`,
      [roleOf(name)],
    )
  }
  await endSessions(server, functionNames)
}

/** Restores the budget's values. Safe to repeat. */
export async function resetTimeouts(server: Pick<Server, 'ask'>, functionNames: readonly string[]): Promise<void> {
  for (const name of functionNames)
    await setTimeouts(server, [name], { ...budget.timeouts, ...budget.tiers.standard.deployments[name]?.session })
}

/** Ends the functions' own sessions, and no others of their roles. */
export async function endSessions(server: Pick<Server, 'ask'>, functionNames: readonly string[]): Promise<void> {
  await server.ask(
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = any($1) and application_name like '%/%'`,
    [functionNames.map(roleOf)],
  )
}

/** Counts the sessions of these functions' roles. */
export async function countSessions(server: Pick<Server, 'ask'>, functionNames: readonly string[]): Promise<number> {
  const rows = await server.ask<{ sessions: number }>(
    'select count(*)::int as sessions from pg_stat_activity where usename = any($1)',
    [functionNames.map(roleOf)],
  )
  return rows[0]?.sessions ?? 0
}
