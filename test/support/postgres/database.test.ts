import { expect, it } from 'vitest'
import { createTestDatabase } from './database.ts'

it('drops a database only when the sessions that are about to end have ended', async () => {
  const db = await createTestDatabase()
  const client = await db.connect()
  const work = async (): Promise<string> => {
    await client.query('select pg_sleep(0.5)')
    await client.end()
    return 'ended by itself'
  }
  const outcome = work().catch(String)
  await db.drop()
  expect(await outcome).toBe('ended by itself')
})
