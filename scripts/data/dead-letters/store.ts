// The dead letters in the database, of all tenants.
import type { Client } from 'pg'
import { asAdmin } from '../../database/keys/key-store.ts'

/** Selects letters; an undefined field matches all. */
export interface LetterFilter {
  readonly ids?: readonly string[]
  readonly tenant?: string
  readonly source?: string
  readonly reason?: string
  /** In RFC 3339, inclusive. */
  readonly since?: string
  /** In RFC 3339, exclusive. */
  readonly until?: string
}

export interface LetterEntry {
  readonly id: string
  /** Null when the message named a tenant that does not exist. */
  readonly tenant: string | null
  readonly source: string
  readonly message_id: string
  readonly reason: string
  readonly detail: string
  readonly received_at: string
  readonly bytes: number
}

export interface Letter extends LetterEntry {
  readonly content_type: string
  readonly payload: Buffer
}

/** Prefix of a letter's reason while it is replayed, so that a new letter of the same message is not confused with it. */
const REPLAYING = 'replaying:'
const reasonOf = `case when d.reason like '${REPLAYING}%' then substr(d.reason, ${REPLAYING.length + 1}) else d.reason end`

const COLUMNS = `d.id::text, t.name as tenant, d.source, d.message_id, ${reasonOf} as reason, d.detail, d.received_at::text, octet_length(d.payload) as bytes`
const LETTERS = `dead_letter d left join tenant t on t.id = d.tenant_id`
const MATCHES = `($1::bigint[] is null or d.id = any($1)) and ($2::text is null or t.name = $2) and ($3::text is null or d.source = $3)
  and ($4::text is null or ${reasonOf} = $4) and ($5::timestamptz is null or d.received_at >= $5) and ($6::timestamptz is null or d.received_at < $6)`

const valuesOf = ({ ids, tenant, source, reason, since, until }: LetterFilter) => [
  ids ?? null,
  tenant ?? null,
  source ?? null,
  reason ?? null,
  since ?? null,
  until ?? null,
]

/** Counts the matching letters by reason, the most frequent first. */
export async function countReasons(
  client: Client,
  filter: LetterFilter,
): Promise<readonly { readonly reason: string; readonly letters: number }[]> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<{ reason: string; letters: number }>(
      `select ${reasonOf} as reason, count(*)::int as letters from ${LETTERS} where ${MATCHES} group by 1 order by 2 desc, 1`,
      valuesOf(filter),
    )
    return rows
  })
}

/** Returns the id of the newest letter; `0` when there is none. */
export async function newestId(client: Client): Promise<string> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<{ id: string }>('select coalesce(max(id), 0)::text as id from dead_letter')
    return rows[0]?.id ?? '0'
  })
}

export interface Page {
  /** An id, exclusive. */
  readonly after: string
  /** An id, inclusive. */
  readonly upTo: string
  readonly limit: number
}

/** Returns a page of the matching letters, oldest first. */
export async function listLetters(client: Client, filter: LetterFilter, page: Page): Promise<readonly LetterEntry[]> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<LetterEntry>(
      `select ${COLUMNS} from ${LETTERS} where ${MATCHES} and d.id > $7::bigint and d.id <= $8::bigint order by d.id limit $9::int`,
      [...valuesOf(filter), page.after, page.upTo, page.limit],
    )
    return rows
  })
}

/** Returns one letter with its whole content. @throws {Error} when there is none with this id. */
export async function readLetter(client: Client, id: string): Promise<Letter> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<Letter>(
      `select ${COLUMNS}, d.content_type, d.payload from ${LETTERS} where d.id = $1::bigint`,
      [id],
    )
    if (!rows[0]) throw new Error(`there is no dead letter ${id}`)
    return rows[0]
  })
}

/** Marks a letter that is about to be replayed, or removes the mark. Safe to repeat. */
export async function markReplaying(client: Client, { id, reason }: LetterEntry, replaying: boolean): Promise<void> {
  await asAdmin(client, async () => {
    await client.query('update dead_letter set reason = $2::text where id = $1::bigint', [
      id,
      replaying ? `${REPLAYING}${reason}` : reason,
    ])
  })
}

/** Deletes letters permanently. Safe to repeat. Returns their number. */
export async function removeLetters(client: Client, ids: readonly string[]): Promise<number> {
  return await asAdmin(client, async () => {
    const { rowCount } = await client.query('delete from dead_letter where id = any($1::bigint[])', [ids])
    return rowCount ?? 0
  })
}

/** Returns the newest other letter of the same message, if the function has stored one in the meantime. */
export async function findSuccessor(
  client: Client,
  letter: LetterEntry,
  tenant: string,
): Promise<LetterEntry | undefined> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<LetterEntry>(
      `select ${COLUMNS} from ${LETTERS}
       where t.name = $1::text and d.source = $2::text and d.message_id = $3::text and d.id > $4::bigint order by d.id desc limit 1`,
      [tenant, letter.source, letter.message_id, letter.id],
    )
    return rows[0]
  })
}
