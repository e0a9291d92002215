// The local Cloud SQL Admin API: as strict as the service, and its dump is one that a server restores.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../../../test/support/google/storage.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { describeSchema } from '../../database/schema-description.ts'
import { dumpDatabase } from './dump.ts'
import { type LocalSqlAdmin, startSqlAdmin } from './server.ts'

const PROJECT = 'local'
let db: TestDatabase
let storage: TestStorage
let admin: LocalSqlAdmin
let folder: string

beforeAll(async () => {
  db = await createTestDatabase()
  storage = await createTestStorage()
  folder = mkdtempSync(join(tmpdir(), 'penstock-sqladmin-'))
  admin = await startSqlAdmin({
    project: PROJECT,
    instance: 'own',
    folder,
    databaseUrl: db.url,
    // The server of the tests is shared: its files are not copied.
    serverSettings: undefined,
    storageUrl: storage.url,
    clock: Date.now,
    show: () => {},
  })
})
afterAll(async () => {
  await admin.close()
  await storage.close()
  await db.drop()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly json: { readonly [field: string]: unknown; readonly error?: { readonly message: string } }
}

async function ask(method: string, path: string, body?: unknown, project = PROJECT): Promise<Answer> {
  const answer = await fetch(`${admin.url}/v1/projects/${project}/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, json: (await answer.json()) as Answer['json'] }
}

async function done(type: string, target: string): Promise<{ readonly status: string; readonly error?: object }> {
  for (;;) {
    const { json } = await ask('GET', `operations?instance=${target}`)
    const all = json['items'] as { operationType: string; status: string; error?: object }[]
    const [newest] = all.filter(({ operationType }) => operationType === type)
    if (newest?.status === 'DONE') return newest
  }
}

const exportTo = (object: string) => ({
  exportContext: {
    uri: `gs://${TEST_BUCKET}/${object}`,
    databases: [new URL(db.url).pathname.slice(1)],
    fileType: 'SQL',
    offload: true,
  },
})

describe('a request', () => {
  it.each<[string, string, string, unknown, number, RegExp]>([
    [
      'with a field that the service does not know',
      'POST',
      'instances',
      { name: 'bb', settings: { tier: 'x', size: 1 } },
      400,
      /size/,
    ],
    ['with a name that is none', 'POST', 'instances', { name: 'B_', settings: { tier: 'x' } }, 400, /name/],
    [
      'for an instance that is there',
      'POST',
      'instances',
      { name: 'own', settings: { tier: 'x' } },
      409,
      /already exists/,
    ],
    ['to delete the protected one', 'DELETE', 'instances/own', undefined, 400, /protect/],
    ['to delete one that is not there', 'DELETE', 'instances/other', undefined, 404, /does not exist/],
    ['to back up a server whose files are elsewhere', 'POST', 'instances/own/backupRuns', {}, 400, /DATABASE_URL/],
    [
      'to export to no bucket',
      'POST',
      'instances/own/export',
      { exportContext: { uri: 'a', databases: ['a'], fileType: 'SQL' } },
      400,
      /uri/,
    ],
    ['for an operation that is not there', 'GET', 'operations/none', undefined, 404, /does not exist/],
    ['for anything else', 'GET', 'tiers', undefined, 404, /Not Found/],
  ])('%s is answered as the service does', async (_, method, path, body, status, message) => {
    const answer = await ask(method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.json.error?.message ?? 'fine').toMatch(message)
  })

  it('of another project is refused', async () => {
    expect((await ask('GET', 'instances', undefined, 'other')).status).toBe(403)
  })

  it('of a backup that is not there is refused, and the new instance is deleted again', async () => {
    expect((await ask('POST', 'instances', { name: 'copy', settings: { tier: 'x' } })).status).toBe(200)
    await done('CREATE', 'copy')
    const context = { restoreBackupContext: { backupRunId: '1', instanceId: 'own', project: PROJECT } }
    expect((await ask('POST', 'instances/copy/restoreBackup', context)).status).toBe(404)
    expect((await ask('DELETE', 'instances/copy')).status).toBe(200)
    await done('DELETE', 'copy')
    expect((await ask('GET', 'instances/copy')).status).toBe(404)
  })
})

describe('an export', () => {
  it('is one operation at a time, and does not replace an object', async () => {
    const [first, second] = await Promise.all([
      ask('POST', 'instances/own/export', exportTo('a.sql.gz')),
      ask('POST', 'instances/own/export', exportTo('b.sql.gz')),
    ])
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([200, 409])
    expect(await done('EXPORT', 'own')).not.toHaveProperty('error')
    const name = first.status === 200 ? 'a.sql.gz' : 'b.sql.gz'
    expect((await ask('POST', 'instances/own/export', exportTo(name))).status).toBe(200)
    expect(JSON.stringify((await done('EXPORT', 'own')).error)).toContain('already exists')
  })

  it('is a dump that a server restores with its schema and its rows', async () => {
    const tenant = await createTenant(db, 'restored')
    await db.query(
      `insert into insight_feedback (tenant_id, insight_id, user_id, comment) values ($1, 'i', 'u', E'tab\\there, line\\nhere, \\\\.')`,
      [tenant],
    )
    const restored = await restoreDump(await textOf(db))
    try {
      const client = await db.connect()
      expect(await describeSchema(restored.client)).toBe(await describeSchema(client))
      const rows = async (one: Client) => (await one.query('select * from insight_feedback')).rows
      expect(await rows(restored.client)).toEqual(await rows(client))
      await client.end()
    } finally {
      await restored.drop()
    }
  })
})

async function textOf(source: TestDatabase): Promise<string> {
  const client = await source.connect()
  let text = ''
  for await (const piece of dumpDatabase(client)) text += String(piece)
  await client.end()
  return text
}

/** Runs the statements of a dump in a database of its own, with the rows of each COPY, as psql does. */
async function restoreDump(text: string) {
  const name = `restored_${Date.now()}`
  await db.query(`create database ${name}`)
  const url = new URL(db.url)
  url.pathname = `/${name}`
  const client = new Client({ connectionString: url.href })
  await client.connect()
  for (const part of text.split(/^(?=copy )/m)) {
    const [, copy = '', rows = '', rest = ''] = /^(copy [^\n]*);\n(.*?)\\\.\n(.*)$/s.exec(part) ?? ['', '', '', part]
    if (copy !== '') await pipeline(Readable.from([rows]), client.query(copyFrom(copy)))
    await client.query(rest)
  }
  return {
    client,
    async drop() {
      await client.end()
      await db.query(`drop database ${name}`)
    },
  }
}
