// An actor's access to the database: one connection with a function's role, reopened when it was ended, with a hook around each
// statement.

import { type Beginning, onOneConnection, textTypes } from '@penstock/shared/database/one-connection.ts'
import { type Units, unitsOf } from '@penstock/shared/database/units.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Client, Submittable } from 'pg'
import { lasting } from '../../stand/clients.ts'

/** Runs before a statement; returns the text that is run instead. `client` is the connection itself. */
export type BeforeStatement = (statement: string, client: Client) => Promise<string>

export interface Door {
  /** Runs a unit once. The caller handles failures: see `CommitUnknown`. */
  unit<T>(beginning: Partial<Beginning>, work: (tx: Transaction<Database>) => Promise<T>): Promise<T>
  /** The same in the form that the functions' code needs. */
  readonly db: Units
  /** Returns true while a transaction of it holds a tenant's compaction lock. */
  isLocked(): boolean
  close(): Promise<void>
}

/** The connection was lost after `commit` was sent, so the result is unknown. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('the commit was not answered', { cause })
    this.name = 'CommitUnknown'
  }
}

export function openDoor(url: string, before: BeforeStatement): Door {
  let client: Client | undefined
  let committing = false
  let isLocked = false

  const connect = async (): Promise<Client> => {
    const opened = lasting({ connectionString: url, types: textTypes })
    await opened.connect()
    return opened
  }
  const query = async (of: Client, asked: string | Copying, parameters?: unknown[]): Promise<unknown> => {
    const text = typeof asked === 'string' ? asked : asked.text
    const run = await before(text, of)
    if (text === 'commit') committing = true
    if (LOCKS.test(text)) isLocked = true
    if (typeof asked === 'string') return await of.query(run, parameters)
    asked.text = run
    return of.query(asked)
  }
  const door: Door = {
    async unit(beginning, work) {
      client ??= await connect()
      const own = client
      committing = false
      const hooked = { query: async (...args: [string | Copying, unknown[]?]) => await hookedQuery(own, query, args) }
      try {
        const began = { tenantId: null, readOnly: false, ...beginning }
        return await onOneConnection(hooked as unknown as Client).transaction(began, work)
      } catch (error) {
        client = undefined
        await own.end().catch(() => {})
        throw committing && !isReported(error) ? new CommitUnknown(error) : error
      } finally {
        isLocked = false
      }
    },
    db: unitsOf(async (kind, work) => await door.unit(kind, work)),
    isLocked: () => isLocked,
    async close() {
      await client?.end().catch(() => {})
    },
  }
  return door
}

const LOCKS = /from compaction_lock\b.* for update/

type Copying = Submittable & { text: string; handleError(error: unknown): void }

/** A failure before a COPY was sent must reach its promise too, because its caller waits only for that. */
async function hookedQuery(
  client: Client,
  query: (client: Client, asked: string | Copying, parameters?: unknown[]) => Promise<unknown>,
  [asked, parameters]: [string | Copying, unknown[]?],
): Promise<unknown> {
  try {
    return await query(client, asked, parameters)
  } catch (error) {
    if (typeof asked === 'string') throw error
    asked.handleError(error)
    return undefined
  }
}

/** An error that the server reported for a statement is certain; one that ends the session is not. */
function isReported(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57P')
}
