// Makes and drops indexes while other sessions read and write, on partitioned tables too. It works outside a transaction, so an
// interruption leaves an invalid index, which the next run drops and builds again.
import type { Client } from 'pg'
import { OWNER } from '../roles.ts'
import { type FoundIndex, findIndex } from './index-catalogue.ts'
import type { IndexDefinition } from './index-statement.ts'

export type Log = (line: string) => void

/** A build waits for every older transaction, and blocks nothing in the meantime. */
const BUILD_WAIT = '30min'
/** A statement that locks writers out waits this long for its lock, and is then tried again. */
const BRIEF_WAIT = '2s'
const BRIEF_ATTEMPTS = 30
/** New partitions may be made while one is being indexed. */
const MAX_ROUNDS = 5

/**
 * Makes an index and resolves when the catalogue says that it is valid. Safe to repeat: an existing index is not changed, and the rest of
 * an interrupted run is dropped and built again. The caller must hold the migration lock.
 * @throws {Error} when another index has this name, there is no such table, or the rows do not allow it.
 */
export async function createIndex(client: Client, index: IndexDefinition, log: Log): Promise<void> {
  await asOwner(client, async () => {
    const wanted = await canonical(client, index)
    if (await isPartitioned(client, index.table)) await createOnParent(client, index, wanted, log)
    else await build(client, index, wanted, log)
  })
}

/**
 * Drops an index, for a partitioned table with those of its partitions and those of an interrupted build. Returns false when there was
 * none. The caller must hold the migration lock.
 * @throws {Error} when it belongs to a constraint or to the index of a partitioned table.
 */
export async function dropIndex(client: Client, name: string, log: Log): Promise<boolean> {
  const found = await findIndex(client, name)
  if (!found) return false
  if (found.constraint !== null)
    throw new Error(`${name} belongs to the constraint ${found.constraint}: a migration may drop that`)
  if (found.parent !== null) throw new Error(`${name} is part of ${found.parent}: drop that`)
  await asOwner(client, async () => {
    if (!found.partitioned) return await dropConcurrently(client, name)
    const children = await partitionsOf(client, found.table)
    await briefly(client, `drop index ${name}`)
    for (const partition of children) {
      const child = childName(name, found.table, partition)
      if (await findIndex(client, child)) await dropConcurrently(client, child)
    }
  })
  log(`dropped: ${name}`)
  return true
}

async function asOwner(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query(`set role ${OWNER}`)
  try {
    await work()
  } finally {
    await client.query('reset role').catch(() => {})
  }
}

/** Returns PostgreSQL's own form of the definition, for comparisons. This call is also the first to reject an invalid definition. */
async function canonical(client: Client, { table, unique, rest }: IndexDefinition): Promise<string> {
  await client.query('begin')
  try {
    await client.query(`create temporary table index_probe (like ${table}) on commit drop`)
    await client.query(`create ${unique ? 'unique ' : ''}index index_probe_index on index_probe ${rest}`)
    const { rows } = await client.query<{ text: string }>(
      `select pg_get_indexdef('index_probe_index'::regclass) as text`,
    )
    return rows[0]?.text.replace(/^CREATE (UNIQUE )?INDEX \S+ ON \S+ /, '$1') ?? ''
  } finally {
    await client.query('rollback')
  }
}

async function isPartitioned(client: Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ relkind: string }>('select relkind from pg_class where oid = $1::regclass', [
    table,
  ])
  return rows[0]?.relkind === 'p'
}

/**
 * CREATE INDEX CONCURRENTLY is refused on a partitioned table: the parent's index is made alone, then each partition's is made and
 * attached.
 */
async function createOnParent(client: Client, index: IndexDefinition, wanted: string, log: Log): Promise<void> {
  const { name, table, unique, rest } = index
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const parent = await findIndex(client, name)
    if (parent) refuseAnother(parent, table, wanted)
    if (parent?.valid) return
    if (!parent) await briefly(client, `create ${unique ? 'unique ' : ''}index ${name} on only ${table} ${rest}`)
    for (const partition of await partitionsOf(client, table)) {
      const child = childName(name, table, partition)
      if (await hasChild(client, name, partition)) continue
      await build(client, { ...index, name: child, table: partition }, wanted, log)
      await briefly(client, `alter index ${name} attach partition ${child}`)
    }
    // The parent's index becomes valid when the last partition's index is attached; without partitions it is valid at once.
    if ((await findIndex(client, name))?.valid) return log(`built: ${name}`)
  }
  throw new Error(`the index ${name} is still not valid: a partition has none, or an invalid one`)
}

async function build(client: Client, index: IndexDefinition, wanted: string, log: Log): Promise<void> {
  const { name, table, unique, rest } = index
  const present = await findIndex(client, name)
  if (present) {
    refuseAnother(present, table, wanted)
    if (present.valid) return
    log(`dropped: ${name}, which an interrupted build left invalid`)
    await dropConcurrently(client, name)
  }
  await client.query(`set lock_timeout = '${BUILD_WAIT}'`)
  await client.query(`create ${unique ? 'unique ' : ''}index concurrently ${name} on ${table} ${rest}`)
  if (!(await findIndex(client, name))?.valid) throw new Error(`the index ${name} was built and is not valid`)
  log(`built: ${name}`)
}

function refuseAnother(present: FoundIndex, table: string, wanted: string): void {
  if (present.table !== table) throw new Error(`there is an index ${present.name} already, on ${present.table}`)
  if (present.definition !== wanted)
    throw new Error(`there is an index ${present.name} already, and another one: ${present.definition}`)
}

async function dropConcurrently(client: Client, name: string): Promise<void> {
  await client.query(`set lock_timeout = '${BUILD_WAIT}'`)
  await client.query(`drop index concurrently ${name}`)
}

/** Waits for the lock in short attempts, because later sessions queue behind a waiting one. */
async function briefly(client: Client, statement: string): Promise<void> {
  await client.query(`set lock_timeout = '${BRIEF_WAIT}'`)
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(statement)
      return
    } catch (error) {
      if ((error as { code?: string }).code !== '55P03' || attempt === BRIEF_ATTEMPTS) throw error
    }
  }
}

async function partitionsOf(client: Client, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass and not i.inhdetachpending order by 1`,
    [table],
  )
  return rows.map((row) => row.name)
}

async function hasChild(client: Client, parent: string, partition: string): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_inherits h join pg_index i on i.indexrelid = h.inhrelid
     where h.inhparent = $1::regclass and i.indrelid = $2::regclass and i.indisvalid`,
    [parent, partition],
  )
  return rows.length > 0
}

const childName = (name: string, table: string, partition: string): string =>
  `${name}${partition.startsWith(table) ? partition.slice(table.length) : `_${partition}`}`
