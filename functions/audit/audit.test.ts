import { createHash } from 'node:crypto'
// Sealing and verifying on a real server.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { PlatformPrincipal, TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../../test/support/google/storage.ts'
import { createServerOfItsOwn, createTenant, type TestDatabase } from '../../test/support/postgres/database.ts'
import { canonicalJson, hashPart, hashSeal } from './canonical.ts'
import { EntriesQuery, type VerifyAnswer } from './contract.ts'
import type { AuditDeps } from './deps.ts'
import { entries } from './entries.ts'
import { seal } from './seal.ts'
import { verify } from './verify.ts'

const PASSWORD = 'audit'

let db: TestDatabase
let client: Client
let storage: TestStorage
let deps: AuditDeps & { readonly db: PenstockDatabase }
let acme: number
let other: number

beforeAll(async () => {
  storage = await createTestStorage()
  // A transaction that is open anywhere on a server holds sealing back, so no other test may use this one.
  db = await createServerOfItsOwn()
  await db.query(`alter role penstock_audit password '${PASSWORD}'`)
  client = await db.connect()
  acme = await createTenant(db, 'acme')
  other = await createTenant(db, 'other')
  deps = {
    db: openAudit(),
    now: Date.now,
    pause: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
    cursorKey: Buffer.alloc(32, 1),
    store: store(),
    limits: {
      leaseMs: 30_000,
      pollMs: 20,
      runMs: 40_000,
      sealEntries: 20,
      pageEntries: 3,
      groupEntries: 40,
      seals: 10,
    },
  }
})
afterAll(async () => {
  await deps.db.close()
  await client.end()
  await db.drop()
  await storage.close()
})

function openAudit() {
  const url = new URL(db.urlOf('audit'))
  url.password = PASSWORD
  return openDatabase('audit', { url: url.href, ca: undefined, inCloud: false }, { poolSize: 1, concurrency: 16 })
}

const store = () => openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 })
let made = 0
const add = async (tenant: number, on: Pick<Client, 'query'> = client): Promise<void> => {
  await on.query(`insert into insight_feedback (tenant_id, insight_id, user_id, rating) values ($1, $2, 'ann', 3)`, [
    tenant,
    `i-${made++}`,
  ])
}
const call = { scheduleTime: undefined, waitMs: 10_000 }
const sealNow = async () => await seal(deps, call)
/** Waits until no open transaction, such as one of autovacuum, holds back an entry, and seals all of them. */
async function sealSettled() {
  for (;;) {
    const { rows } = await client.query<{ settled: boolean }>(
      'select coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), true) as settled from audit_entry',
    )
    if (rows[0]?.settled) return await sealNow()
    await deps.pause(20)
  }
}
const verifyAll = async (whose: number | null = null): Promise<VerifyAnswer> => await verify(deps, whose, {})

/** Makes a change that is refused to every role, as the superuser of the server can. */
async function tamper(statement: string): Promise<void> {
  await client.query('begin')
  await client.query('set local session_replication_role = replica')
  await client.query(statement)
  await client.query('commit')
}

describe('sealing', () => {
  it('takes every entry once, beside writers that hold their transactions, and beside other sealers', async () => {
    // Each writer has its own tenant, because writers of one tenant wait for one another's counts.
    const writers = await Promise.all(
      Array.from({ length: 6 }, async () => ({ on: await db.connect(), tenant: await createTenant(db) })),
    )
    let random = 7
    const next = (below: number): number => (random = (random * 16_807) % 2_147_483_647) % below
    let open = true
    const sealers = [0, 1].map(async () => {
      while (open) await sealNow()
    })
    await Promise.all(
      writers.map(async ({ on, tenant }) => {
        for (let round = 0; round < 15; round++) {
          await on.query('begin')
          for (let i = 0; i <= next(3); i++) await add(tenant, on)
          await deps.pause(next(15))
          await on.query(next(5) === 0 ? 'rollback' : 'commit')
        }
      }),
    )
    open = false
    await Promise.all(sealers)
    for (const { on } of writers) await on.end()
    await sealSettled()
    const { rows } = await client.query<{ entries: number; sealed: number; orders: number }>(
      `select (select count(*)::int from audit_entry) as entries, (select sum(rows)::int from audit_seal) as sealed,
         (select count(*)::int from audit_entry a join audit_entry b on a.id < b.id and a.xid > b.xid) as orders`,
    )
    expect(rows[0]?.sealed).toBe(rows[0]?.entries)
    // Sealing by id would have lost these.
    expect(rows[0]?.orders).toBeGreaterThan(0)
    const answer = await verifyAll()
    expect(answer).toMatchObject({ ok: true, entries: rows[0]?.entries, unsealed: 0, copies: true })
    expect(answer.seals).toBeGreaterThan(3)
    for (const { tenant } of writers) expect(await verifyAll(tenant)).toMatchObject({ ok: true, unsealed: 0 })
  })

  it('waits for a transaction that is open, and says how much waits', async () => {
    await sealSettled()
    const writer = await db.connect()
    await writer.query('begin')
    await add(other, writer)
    await add(acme)
    expect(await sealNow()).toMatchObject({ sealed: 0, entries: 0 })
    expect(await verifyAll()).toMatchObject({ ok: true, unsealed: 1 })
    await writer.query('commit')
    await writer.end()
    expect(await sealSettled()).toMatchObject({ sealed: 1, entries: 2 })
    expect((await verifyAll()).unsealed_since).toBeNull()
  })

  it('keeps the entries of one transaction in one seal, however many they are', async () => {
    await sealSettled()
    const newest = (await verifyAll()).seals
    await client.query(
      `insert into insight_feedback (tenant_id, insight_id, user_id, rating) select $1, 'many-' || i, 'ann', 3 from generate_series(1, 50) i`,
      [acme],
    )
    for (let i = 0; i < 30; i++) await add(other)
    await sealSettled()
    const { rows } = await client.query<{ rows: number }>('select rows from audit_seal where id > $1 order by id', [
      newest,
    ])
    expect(rows.map((it) => it.rows)).toEqual([50, 20, 10])
    expect(await verifyAll()).toMatchObject({ ok: true, unsealed: 0 })
  })

  it('copies what could not be copied with the next run', async () => {
    await sealSettled()
    await add(acme)
    storage.onCall = (asked) => (asked === 'begin' || asked === 'upload' ? 503 : undefined)
    expect(await sealSettled()).toMatchObject({ status: 'partial', sealed: 1, copied: 0 })
    storage.onCall = () => undefined
    expect(await verifyAll()).toMatchObject({ ok: true, copies: false })
    expect(await sealNow()).toMatchObject({ status: 'success', sealed: 0, copied: 1 })
    expect(await verifyAll()).toMatchObject({ ok: true, copies: true })
  })

  it('begins a new chain in the era of another cluster, without leaving an entry of the old one out', async () => {
    await sealSettled()
    await add(acme)
    await client.query('update store_state set era = era + 1')
    await client.query('alter table audit_entry alter era set default 1')
    await add(other)
    expect(await sealSettled()).toMatchObject({ sealed: 2, entries: 2 })
    const { rows } = await client.query('select era, from_xid::text from audit_seal order by id desc limit 1')
    expect(rows).toEqual([{ era: 1, from_xid: '0' }])
    expect(await verifyAll()).toMatchObject({ ok: true, unsealed: 0 })
  })
})

const LOG = ['audit_entry', 'audit_seal', 'audit_seal_part', 'audit_seal_copy', 'audit_kept']

/** The number of the newest seal. The cases below change the last three seals and their entries. */
let last = 0

describe('a verification', () => {
  beforeAll(async () => {
    await sealSettled()
    last = (await verifyAll()).seals
    for (let i = 0; i < 3; i++) {
      await add(acme)
      await add(other)
      await sealSettled()
    }
    last += 3
    for (const table of LOG) await client.query(`create table whole_${table} as select * from ${table}`)
  })
  afterEach(async () => {
    for (const table of LOG) {
      await tamper(`delete from ${table}`)
      await tamper(`insert into ${table} overriding system value select * from whole_${table}`)
    }
  })

  /** The entries of the seal that is `n` seals before the newest. */
  const entriesOf = (n: number): string =>
    `(select e.id from audit_entry e join audit_seal s on e.era = s.era and e.xid >= s.from_xid and e.xid < s.to_xid where s.id = ${last - n} order by 1 limit 1)`

  it.each([
    ['a changed entry', () => `update audit_entry set actor = 'key:nobody' where id = ${entriesOf(2)}`, 2],
    ['a deleted entry', () => `delete from audit_entry where id = ${entriesOf(0)}`, 0],
    [
      'an entry that was added to a sealed range',
      () =>
        `insert into audit_entry (era, xid, action, object_type) select era, xid, 'a.b', 'a' from audit_entry where id = ${entriesOf(2)}`,
      2,
    ],
    ['a changed number of a seal', () => `update audit_seal set rows = rows + 1 where id = ${last}`, 0],
    [
      'a changed span of a seal',
      () => `update audit_seal set last_at = last_at + interval '1 day' where id = ${last}`,
      0,
    ],
    ['a changed instant of the newest seal', () => `update audit_seal set sealed_at = now() where id = ${last}`, 0],
    [
      'a changed part',
      () => `update audit_seal_part set root_sha256 = sha256('x') where seal_id = ${last - 1} and tenant_id = ${acme}`,
      1,
    ],
    ['a seal that is gone', () => `delete from audit_seal where id = ${last - 1}`, 0],
    ['the newest seal that is gone', () => `delete from audit_seal where id = ${last}`, 0],
  ])('finds %s', async (_, statement, before) => {
    expect(await verifyAll()).toMatchObject({ ok: true, seals: last })
    await tamper(statement())
    const answer = await verifyAll()
    expect([answer.ok, answer.first_broken?.seal]).toEqual([false, last - before])
  })

  it('finds an entry that was changed together with everything in the database', async () => {
    await tamper(`update audit_entry set actor = 'key:nobody' where id = ${entriesOf(0)}`)
    await tamper(`delete from audit_seal where id = ${last}`)
    await tamper(`delete from audit_seal_part where seal_id = ${last}`)
    await tamper(`delete from audit_seal_copy where seal_id = ${last}`)
    expect(await sealSettled()).toMatchObject({ status: 'partial', sealed: 1 })
    expect((await verifyAll()).first_broken).toMatchObject({ seal: last })
  })

  it('of a tenant finds what concerns it, and tells nothing of others', async () => {
    await tamper(
      `update audit_entry set actor = 'x' where id = (select max(id) from audit_entry where tenant_id = ${other})`,
    )
    expect(await verifyAll(acme)).toMatchObject({ ok: true })
    expect((await verifyAll(other)).first_broken).toMatchObject({ seal: last })
    const own = await client.query<{ n: number }>('select count(*)::int as n from audit_entry where tenant_id = $1', [
      acme,
    ])
    expect((await verifyAll(acme)).entries).toBe(own.rows[0]?.n)
  })

  it('goes on where the time limit ended it', async () => {
    let time = 0
    const slow = { ...deps, now: () => (time += 15_000), limits: { ...deps.limits, groupEntries: 1 } }
    const first = await verify(slow, null, { from: last - 2 })
    expect(first).toMatchObject({ ok: true, more: true, seals: 2, next: last })
    expect(await verify(deps, null, { from: first.next ?? 0 })).toMatchObject({ ok: true, more: false })
  })

  it('does not ask for entries that retention has removed', async () => {
    await client.query(`update audit_kept set from_at = now() + interval '1 hour'`)
    await tamper('delete from audit_entry')
    expect(await verifyAll()).toMatchObject({ ok: true, seals: last, entries: 0 })
  })
})

describe('reading', () => {
  const operator: PlatformPrincipal = { kind: 'platform', name: 'key:ops', scopes: ['operate'] }
  const reader = (id: number, name: string): TenantPrincipal => ({
    kind: 'tenant',
    name: `key:${name}`,
    tenant: { id, name, seriesLimit: 1, ignoredLabels: [] },
    scopes: ['audit:read'],
  })
  const read = async (who: TenantPrincipal | PlatformPrincipal, query: Record<string, string> = {}) => {
    const { text, next } = await entries(deps, who, EntriesQuery.parse(query))
    return { next, rows: JSON.parse(text) as Record<string, unknown>[] }
  }

  it('shows a tenant its own entries, and an operator all of them', async () => {
    await add(acme)
    await add(other)
    const ofAcme = (await read(reader(acme, 'acme'))).rows
    expect(new Set(ofAcme.map(({ tenant }) => tenant))).toEqual(new Set(['acme']))
    const all = (await read(operator)).rows
    expect(all.map(({ tenant }) => tenant)).toEqual(expect.arrayContaining(['acme', 'other', null]))
    expect((await read(operator, { tenant: 'other' })).rows.every(({ tenant }) => tenant === 'other')).toBe(true)
  })

  it('goes through pages without losing or repeating an entry', async () => {
    const tenant = await createTenant(db, 'pages')
    for (let i = 0; i < 7; i++) await add(tenant)
    const ids: unknown[] = []
    const query = { action: 'insight_feedback.create', limit: '3' }
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await read(reader(tenant, 'pages'), cursor === '' ? query : { ...query, cursor })
      ids.push(...page.rows.map(({ id }) => id))
      cursor = page.next
    }
    expect(ids).toHaveLength(7)
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => Number(b) - Number(a)))
    const { next = '' } = await read(reader(tenant, 'pages'), query)
    await expect(read(reader(other, 'other'), { ...query, cursor: next })).rejects.toThrow(/cursor|invalid/i)
  })

  it('is recorded once an hour', async () => {
    for (let i = 0; i < 3; i++) await read(reader(acme, 'acme'))
    expect((await read(reader(acme, 'acme'), { action: 'audit.read' })).rows).toHaveLength(1)
  })

  it('keeps numbers that a double cannot hold', async () => {
    await client.query(
      `insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block) values ($1, gen_random_uuid(), 'b', 0, 9223372036854775807, 0)`,
      [acme],
    )
    const { text } = await entries(deps, reader(acme, 'acme'), EntriesQuery.parse({ action: 'backfill_job.create' }))
    expect(text).toContain('9223372036854775807')
  })
})

it('hashes the canonical form of RFC 8785', () => {
  const entry = { b: 'ü\u2028"\\\n', a: null, 'c\ud83d\ude00': '1' }
  expect(canonicalJson(entry)).toBe('{"a":null,"b":"ü\u2028\\"\\\\\\n","c😀":"1"}')
})

it('hashes everything that a part and a seal contain', () => {
  const root = Buffer.alloc(32, 1)
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  expect(hashPart('7', 'acme', 3, root).toString('hex')).toBe(
    sha256(`{"root":"${'01'.repeat(32)}","rows":"3","seal":"7","tenant":"acme"}`),
  )
  const seal = {
    id: '7',
    era: 1,
    from_xid: '10',
    to_xid: '20',
    rows: 3,
    first_at: 'a',
    last_at: 'b',
    root_sha256: root,
    previous_sha256: Buffer.alloc(32, 2),
    sealed_at: 'c',
  }
  expect(hashSeal(seal).toString('hex')).toBe(
    sha256(
      `{"era":"1","first_at":"a","from_xid":"10","id":"7","last_at":"b","previous":"${'02'.repeat(32)}","root":"${'01'.repeat(32)}","rows":"3","sealed_at":"c","to_xid":"20"}`,
    ),
  )
})
