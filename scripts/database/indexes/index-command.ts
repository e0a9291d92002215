// Implements npm run migrate -- index list | create | drop.
import type { Client } from 'pg'
import { print } from '../../cli/output.ts'
import { textTable } from '../../cli/text-table.ts'
import { withAdminClient } from '../admin-client.ts'
import { underMigrationLock } from '../migration-lock.ts'
import { createIndex, dropIndex } from './concurrent-indexes.ts'
import { listIndexes } from './index-catalogue.ts'
import { readIndexStatements } from './index-statement.ts'

/**
 * Runs one command on the database of the environment and resolves with the exit code; undefined when there is no such command. An index
 * that is made here but in no migration is reported by `check`.
 * @throws {Error} saying why an index cannot be made or dropped.
 */
export async function indexCommand(args: readonly string[]): Promise<number | undefined> {
  const [command, subject, ...rest] = args
  if (rest.length > 0) return undefined
  if (command === 'list' && subject === undefined) return await withAdminClient(list)
  if (command === 'create' && subject !== undefined) return await withAdminClient((client) => create(client, subject))
  if (command === 'drop' && subject !== undefined) return await withAdminClient((client) => drop(client, subject))
  return undefined
}

async function list(client: Client): Promise<number> {
  const { since, indexes } = await listIndexes(client)
  const rows = indexes.map(({ table, name, scans, size, state, constraint }) => [
    table,
    name,
    scans,
    size,
    state,
    constraint === null ? '' : 'constraint',
  ])
  print(textTable(['table', 'index', 'scans', 'size', 'state', 'part of'], rows))
  print(`scans ${since === null ? 'ever' : `since ${since} UTC`}; on this server alone, a replica counts its own`)
  return 0
}

async function create(client: Client, statement: string): Promise<number> {
  const [only, ...others] = readIndexStatements(statement)
  if (only?.kind !== 'create' || others.length > 0) throw new Error('one "create index" is needed')
  await underMigrationLock(client, async () => await createIndex(client, only.index, print))
  print(`${only.index.name} is valid`)
  return 0
}

async function drop(client: Client, name: string): Promise<number> {
  const dropped = await underMigrationLock(client, async () => await dropIndex(client, name, print))
  if (!dropped) throw new Error(`there is no index ${name}`)
  return 0
}
