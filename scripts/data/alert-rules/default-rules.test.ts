import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { ensureSuiteTenant } from '../../database/suite-tenant.ts'
import { addDefaultRules, defaultRules } from './default-rules.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(async () => await db.drop())

it('adds each rule once, and leaves one as it is that somebody changed', async () => {
  const client = await db.connect()
  await expect(addDefaultRules(client)).rejects.toThrow('there is no tenant penstock')
  await ensureSuiteTenant(client)
  const names = defaultRules.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(await addDefaultRules(client)).toEqual(names)
  const [first = ''] = names
  await db.query('update alert_rule set threshold_value = 99, enabled = false where name = $1', [first])
  await db.query('delete from alert_rule where name = $1', [names[1]])
  expect(await addDefaultRules(client)).toEqual([names[1]])
  const rows = await db.query<{ name: string; threshold_value: number }>('select name, threshold_value from alert_rule')
  expect(rows).toHaveLength(names.length)
  expect(rows.find(({ name }) => name === first)?.threshold_value).toBe(99)
  await client.end()
})
