// The playbooks against what they are about: the alerts that name them, and a database that their statements run on.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findingPlaybooks } from '../functions/monitoring/suite/findings.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'docs', 'playbooks')
/** Nothing alerts in time for these. */
const WITHOUT_ALERT = ['corruption', 'deletion', 'region-loss']
const playbooks = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => file.slice(0, -'.md'.length))
const statements = playbooks.flatMap((name) => sqlOf(name).map((sql, i) => [`${name} ${i + 1}`, sql] as const))

let db: TestDatabase
let admin: Client

beforeAll(async () => {
  db = await createTestDatabase()
  await createTenant(db, 'default')
  // As the admin user of Cloud SQL: no superuser, a member of the roles that migrate made.
  // Cloud SQL's admin may make it; elsewhere a superuser has to.
  await db.query('create extension pg_prewarm')
  await db.query('create role playbook_admin in role penstock_owner, penstock_authenticator, pg_monitor')
  admin = await db.connect()
  await admin.query('set session authorization playbook_admin')
})

afterAll(async () => {
  await admin.end()
  await db.query('drop role playbook_admin')
  await db.drop()
})

test('every alert and every finding names a playbook that is there, and every playbook has one of them or needs none', () => {
  const named = new Set([...alerts(), ...Object.values(findingPlaybooks), ...WITHOUT_ALERT])
  expect([...named].sort()).toEqual(playbooks)
})

test('the index lists every playbook', () => {
  const index = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  const listed = [...index.matchAll(/^\| .*\]\(([a-z-]+)\.md\)/gm)].flatMap((match) => match[1] ?? [])

  expect(listed.sort()).toEqual(playbooks)
})

test.each(statements)('the statement %s runs as the admin user', async (_, sql) => {
  await expect(admin.query(sql)).resolves.toBeDefined()
})

test('letters of no tenant are counted, and the policy that shows them is gone afterwards', async () => {
  await db.query(
    `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
     values (null, 'pubsub', '1', 'unknown_tenant', 'no tenant nobody', 'application/json', '')`,
  )
  const [sql = ''] = sqlOf('dead-letters')

  const results = (await admin.query(sql)) as unknown as readonly { rows: unknown[] }[]

  expect(results.flatMap(({ rows }) => rows)).toMatchObject([{ tenant_id: null, reason: 'unknown_tenant', count: '1' }])
  expect(await db.query(`select from pg_policies where policyname = 'reading'`)).toEqual([])
})

test('links between the documents lead somewhere', () => {
  for (const file of [
    ...playbooks.map((name) => `docs/playbooks/${name}.md`),
    'docs/playbooks/README.md',
    'docs/deploy.md',
  ]) {
    const text = readFileSync(join(ROOT, file), 'utf8')
    for (const [, target = '', anchor] of text.matchAll(/\]\((?!http)([^)#]*)(?:#([^)]*))?\)/g)) {
      const linked = readFileSync(target === '' ? join(ROOT, file) : join(ROOT, file, '..', target), 'utf8')
      if (anchor !== undefined) expect(headings(linked), `${file}: ${target}#${anchor}`).toContain(anchor)
    }
  }
})

function sqlOf(name: string): string[] {
  const text = readFileSync(join(FOLDER, `${name}.md`), 'utf8')
  return [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].flatMap((match) => match[1] ?? [])
}

/** `playbooks["cpu"]` of the root, each.key of a map there, and `playbook_base}/latency.md` of the module. */
function alerts(): Set<string> {
  const files = ['terraform', 'terraform/modules/function'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith('.tf'))
      .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
  )
  const text = files.join('\n')
  const list = /playbooks = \{\s*for name in \[([^\]]*)\]/.exec(text)?.[1] ?? ''
  return new Set([
    ...[...list.matchAll(/"([a-z-]+)"/g)].flatMap((match) => match[1] ?? []),
    ...[...text.matchAll(/playbook_base\}\/([a-z-]+)\.md/g)].flatMap((match) => match[1] ?? []),
  ])
}

const headings = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  )
