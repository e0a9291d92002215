// Reads the facts about partitions from PostgreSQL's catalogue.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** A partition, or a table that is named like one and is not attached. */
export interface PartitionFacts {
  readonly name: string
  readonly attached: boolean
  /** First days of months, when the bounds are the first instants of months in UTC; null otherwise. */
  readonly from: string | null
  readonly to: string | null
  /** The bounds as PostgreSQL writes them; null for a table that is not attached. */
  readonly bounds: string | null
  readonly is_default: boolean
  /** True when a concurrent detach was interrupted: readers no longer see the partition. */
  readonly detach_pending: boolean
  readonly row_security: boolean
  /** Roles other than the owner with direct privileges on the table: `role: PRIVILEGE`. */
  readonly grants: readonly string[]
  /** Indexes of the partitioned table without a counterpart here. */
  readonly missing_indexes: readonly string[]
  readonly invalid_indexes: readonly string[]
  /** An estimate; -1 until the partition was analysed. */
  readonly rows: number
}

/**
 * Returns the partitions of a table and the tables that are named like partitions, by name. The result does not depend on the session's
 * time zone, because bounds are parsed in the zone in which they were written.
 */
export async function selectPartitions(tx: Transaction<Database>, parent: string): Promise<PartitionFacts[]> {
  const { rows } = await sql<PartitionFacts>`
    with candidate as (
      select c.oid, c.relname, c.relowner, c.relacl, c.reltuples, i.inhrelid is not null as attached,
        coalesce(i.inhdetachpending, false) as detach_pending,
        c.relrowsecurity and c.relforcerowsecurity as row_security,
        pg_get_expr(c.relpartbound, c.oid) as bounds
      from pg_class c
      left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = ${parent}::regclass
      where c.relkind in ('r', 'p', 'f') and (
        i.inhrelid is not null
        or (c.relnamespace = (select relnamespace from pg_class where oid = ${parent}::regclass)
          and c.relname ~ ${`^${parent}_\\d{4}_\\d\\d$`})
      )
    )
    select t.relname::text as name, t.attached, t.detach_pending, t.row_security, t.bounds, t.reltuples::float8 as rows,
      coalesce(t.bounds = 'DEFAULT', false) as is_default, bound.starts as from, bound.ends as to,
      array(${grantsOf}) as grants, array(${missingIndexes(parent)}) as missing_indexes,
      array(${invalidIndexes}) as invalid_indexes
    from candidate t
    left join lateral regexp_match(t.bounds, ${`^FOR VALUES FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$`}) as m on true
    left join lateral (select ${monthBegin('m[1]')} as starts, ${monthBegin('m[2]')} as ends) bound on true
    order by t.relname`.execute(tx)
  return rows
}

/** Returns the day that begins at this instant in UTC, if it is the first day of a month. */
const monthBegin = (text: 'm[1]' | 'm[2]') => {
  const local = sql`(${sql.raw(text)}::timestamptz at time zone 'UTC')`
  return sql`case when ${local} = date_trunc('month', ${local}) then to_char(${local}, 'YYYY-MM-DD') end`
}

const grantsOf = sql`
  select distinct coalesce(g.rolname, 'public') || ': ' || a.privilege_type
  from (
    select t.relacl as acl
    union all select c.attacl from pg_attribute c where c.attrelid = t.oid and c.attacl is not null
  ) acls, aclexplode(acls.acl) a left join pg_roles g on g.oid = a.grantee
  where a.grantee <> t.relowner order by 1`

const missingIndexes = (parent: string) => sql`
  select p.indexrelid::regclass::text from pg_index p
  where t.attached and p.indrelid = ${parent}::regclass and not exists (
    select from pg_inherits i join pg_index x on x.indexrelid = i.inhrelid
    where i.inhparent = p.indexrelid and x.indrelid = t.oid
  ) order by 1`

const invalidIndexes = sql`
  select x.indexrelid::regclass::text from pg_index x
  where x.indrelid = t.oid and not (x.indisvalid and x.indisready) order by 1`
