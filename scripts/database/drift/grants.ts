// Compares privileges on tables, partitions, the schema and functions, and the right to make temporary tables.
import type { Client } from 'pg'
import { INSIGHT_GRANTS, INSIGHT_OWNER } from '../insight/insight-role.ts'
import {
  MONTHS,
  OWNER,
  READER,
  READER_SOURCE,
  type RolePlan,
  wantedDefiners,
  wantedGrants,
  wantedTemporary,
} from '../roles.ts'
import { notOfExtension } from '../schema-description.ts'

/** Returns missing privileges, and those that a role has but must not have. */
export async function grantDrift(client: Client, plan: RolePlan): Promise<readonly string[]> {
  const tables = [...wantedGrants(plan)].flatMap(([role, privileges]) =>
    privileges.map(({ table, privilege, column }) =>
      sentence(role, privilege, column === null ? table : `${table}.${column}`),
    ),
  )
  const execute = wantedDefiners(plan).flatMap(({ signature, callers }) =>
    callers.map((role) => sentence(role, 'execute', signature.replace(/\(.*/, ''))),
  )
  const temporary = wantedTemporary(plan).map((role) => sentence(role, 'temporary', 'the database'))
  const wants = new Set([
    ...tables,
    ...execute,
    ...temporary,
    ...[READER, READER_SOURCE].map((role) => sentence(role, 'execute', 'reader_tenant')),
  ])
  const has = new Set(await presentSentences(client))
  if ([...has].some((one) => one.endsWith(` to ${INSIGHT_OWNER}`)))
    for (const { table, privilege, column } of INSIGHT_GRANTS)
      wants.add(sentence(INSIGHT_OWNER, privilege, column === null ? table : `${table}.${column}`))
  return [
    ...[...wants].flatMap((one) => (has.has(one) ? [] : `grants: missing: ${one}`)),
    ...[...has].flatMap((one) => (wants.has(one) ? [] : `grants: stray: ${one}`)),
  ]
}

const sentence = (role: string, privilege: string, object: string): string => `${privilege} on ${object} to ${role}`

/**
 * Returns the privileges of all roles but the owners: on relations (partitions included), columns and functions, to create in the schema,
 * and to make temporary tables.
 */
async function presentSentences(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ role: string; privilege: string; object: string }>(
    `with granted (grantee, privilege, object) as (
       select a.grantee, a.privilege_type, c.relname::text from pg_class c, aclexplode(c.relacl) a
         where c.relnamespace = 'public'::regnamespace and a.grantee <> c.relowner and ${notOfExtension('c')}
       union all
       select a.grantee, a.privilege_type, c.relname || '.' || t.attname
         from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a
         where c.relnamespace = 'public'::regnamespace and a.grantee <> c.relowner and ${notOfExtension('c')}
       union all
       select a.grantee, a.privilege_type, p.proname::text
         from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         where p.pronamespace = 'public'::regnamespace and a.grantee <> p.proowner and ${notOfExtension('p')}
       union all
       select a.grantee, a.privilege_type, 'schema public' from pg_namespace n, aclexplode(n.nspacl) a
         where n.nspname = 'public' and a.grantee <> n.nspowner and a.privilege_type = 'CREATE'
           and a.grantee not in ($1::regrole, $2::regrole, (select datdba from pg_database where datname = current_database()))
       union all
       select a.grantee, a.privilege_type, 'the database' from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
         where d.datname = current_database() and a.grantee <> d.datdba and a.privilege_type = 'TEMPORARY'
     )
     select case when grantee = 0 then 'public' else pg_get_userbyid(grantee) end as role, lower(privilege) as privilege, object
     from granted order by 3, 1, 2`,
    [OWNER, MONTHS],
  )
  return rows.map(({ role, privilege, object }) => sentence(role, privilege, object))
}
