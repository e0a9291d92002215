// The triggers of the audit log, on a real server.
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { applyAuditTriggers } from './audit-triggers.ts'

let db: TestDatabase
let client: Client
let tenant: number
beforeAll(async () => {
  db = await createTestDatabase()
  client = await db.connect()
  tenant = await createTenant(db, 'acme')
})
afterAll(async () => {
  await client.end()
  await db.drop()
})

interface Recorded {
  readonly action: string
  readonly object_id: string
  readonly actor: string
  readonly actor_kind: string
  readonly tenant_id: number | null
  readonly before: unknown
  readonly after: unknown
}

/** Runs statements in one transaction, and returns the entries that they left. */
async function recorded(...statements: readonly string[]): Promise<readonly Recorded[]> {
  await client.query('begin')
  for (const statement of statements) await client.query(statement)
  const { rows } = await client.query<Recorded>(
    'select action, object_id, actor, actor_kind, tenant_id, before, after from audit_entry where xid = pg_current_xact_id() order by id',
  )
  await client.query('commit')
  return rows
}

const feedback = (insight: string, more = '') =>
  `insert into insight_feedback (tenant_id, insight_id, user_id, rating, comment) values (${tenant}, '${insight}', 'ann', 4, 'secret words') ${more}`

describe('an entry', () => {
  it('of a new row has its columns, without secrets and without texts of people', async () => {
    const [entry, ...others] = await recorded(feedback('boiler'))
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      action: 'insight_feedback.create',
      object_id: 'boiler/ann',
      actor: 'postgres',
      actor_kind: 'database',
      tenant_id: tenant,
      before: null,
      after: { rating: 4, comment: '(withheld)', flag_reason: null },
    })
    expect(JSON.stringify(entry)).not.toContain('secret words')
    const [key] = await recorded(
      `insert into api_key (id, tenant_id, secret_sha256, scopes) values ('audited00001', ${tenant}, sha256('x'), '{metrics:read}')`,
    )
    expect(key).toMatchObject({ action: 'api_key.create', after: { scopes: ['metrics:read'] } })
    expect(JSON.stringify(key)).not.toContain('sha256')
  })

  it('of an update has what has changed, before and after', async () => {
    await recorded(feedback('pump'))
    const [entry] = await recorded(
      `update insight_feedback set rating = 1, updated_at = clock_timestamp() where insight_id = 'pump'`,
    )
    expect(entry).toMatchObject({ action: 'insight_feedback.update', before: { rating: 4 }, after: { rating: 1 } })
    expect([entry?.before, entry?.after].map((row) => Object.keys(row as object))).toEqual([['rating'], ['rating']])
  })

  it('names a verb where a column is set for the first time', async () => {
    await recorded(
      `insert into api_key (id, tenant_id, secret_sha256, scopes) values ('revoked00001', ${tenant}, sha256('y'), '{metrics:read}')`,
    )
    const [entry] = await recorded(`update api_key set revoked_at = now() where id = 'revoked00001'`)
    expect(entry).toMatchObject({ action: 'api_key.revoke', before: { revoked_at: null } })
  })

  it('of a deleted row has what it was', async () => {
    await recorded(feedback('valve'))
    const [entry] = await recorded(`delete from insight_feedback where insight_id = 'valve'`)
    expect(entry).toMatchObject({ action: 'insight_feedback.delete', before: { rating: 4 }, after: null })
  })

  it('has the caller of the request', async () => {
    const [entry] = await recorded(`select set_config('app.actor', 'user:ann', true)`, feedback('meter'))
    expect(entry).toMatchObject({ actor: 'user:ann', actor_kind: 'user' })
  })

  it('stays below its limit, whatever a row holds', async () => {
    const labels = Array.from({ length: 60 }, (_, i) => `"label-${i}-${'x'.repeat(150)}"`)
    const [entry] = await recorded(`update tenant set ignored_labels = '{${labels.join()}}' where id = ${tenant}`)
    expect(JSON.stringify(entry?.after)).toMatch(/…/)
    expect(JSON.stringify(entry?.after).length).toBeLessThan(4_096)
  })
})

describe('no entry', () => {
  it.each([
    ['is left by a change that is not watched', `update tenant set series_count = series_count + 1`],
    ['is left by a change that changes nothing', `update insight_feedback set updated_at = clock_timestamp()`],
    ['of a failed transaction stays', `select 1`],
  ])('%s', async (_, statement) => {
    expect(await recorded(statement)).toEqual([])
  })

  it('is left for single rows by a run of retention, and by nobody else who says so', async () => {
    await recorded(feedback('old'), feedback('older'))
    const say = `select set_config('app.run', 'retention.run', true)`
    expect(await recorded(say, `delete from insight_feedback where insight_id = 'old'`)).toEqual([])
    const tell = [`set local role penstock_feedback`, `select set_config('app.tenant_id', '${tenant}', true)`]
    const hasLog = `has_table_privilege('penstock_feedback', 'audit_entry', 'DELETE')`
    expect((await client.query<{ may: boolean }>(`select ${hasLog} as may`)).rows[0]?.may).toBe(false)
    await client.query('begin')
    for (const statement of [...tell, say, `update insight_feedback set rating = 2 where insight_id = 'older'`])
      await client.query(statement)
    await client.query('reset role')
    const { rows } = await client.query(`select from audit_entry where xid = pg_current_xact_id()`)
    await client.query('commit')
    expect(rows).toHaveLength(1)
  })

  it('can be changed, deleted or forged by a function', async () => {
    for (const role of [
      'penstock_feedback',
      'penstock_audit',
      'penstock_partitions',
      'penstock_admin',
      'penstock_auditor',
    ]) {
      for (const statement of [
        'update audit_entry set actor = null',
        'delete from audit_entry',
        'truncate audit_entry',
      ]) {
        await client.query('begin')
        await client.query(`set local role ${role}`)
        await expect(client.query(statement), `${role}: ${statement}`).rejects.toThrow(/permission denied/)
        await client.query('rollback')
      }
    }
    await client.query('begin')
    await client.query(`set local role penstock_feedback`)
    await client.query(`select set_config('app.tenant_id', '${tenant}', true)`)
    const forged = `insert into audit_entry (tenant_id, action, object_type) values (${tenant + 1}, 'a.b', 'a')`
    await expect(client.query(forged)).rejects.toThrow(/row-level security/)
    await client.query('rollback')
    await expect(client.query('truncate audit_entry')).rejects.toThrow(/append-only/)
    await expect(client.query('update audit_seal set rows = 1')).rejects.toThrow(/append-only/)
  })
})

describe('the triggers', () => {
  it('are made again when one is gone or differs, and dropped from a table that is not audited', async () => {
    const triggers = async () =>
      (
        await client.query<{ id: number; text: string }>(
          `select t.oid::int as id, pg_get_triggerdef(t.oid) || t.tgenabled::text || obj_description(t.oid, 'pg_trigger') as text
           from pg_trigger t where tgname ~ '^audit_' order by 2`,
        )
      ).rows
    const before = await triggers()
    await client.query('begin')
    await applyAuditTriggers(client)
    expect(await triggers()).toEqual(before)
    await client.query('drop trigger audit_insert on insight_feedback')
    await client.query(`comment on trigger audit_update on insight_feedback is 'another'`)
    await client.query('alter table insight_feedback disable trigger audit_delete')
    await client.query(
      `create trigger audit_insert after insert on idempotency_key for each row execute function audit_change('a', 'b', '', '', '')`,
    )
    await applyAuditTriggers(client)
    const after = await triggers()
    expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text))
    expect(after.filter(({ id }) => !before.some((trigger) => trigger.id === id))).toHaveLength(3)
    await client.query('rollback')
  })
})
