// One slice behind its front, on a database of its own, for tests of its routes as a client meets them.
import { createListener } from '@penstock/shared/http/edge.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { createTenant, createTestDatabase } from '../postgres/database.ts'
import { startFront } from './http.ts'

/** Callers without credentials act as the tenant `default`. */
export async function openSlice(
  name: string,
  slice: Parameters<typeof readSettings>[0][number],
  more: Readonly<Record<string, string>> = {},
) {
  const database = await createTestDatabase()
  await createTenant(database, 'default')
  const config = readSettings([slice], { DATABASE_URL: database.urlOf(name), OPEN: '1', ...more })
  const service = openDeployment(name, [slice], config)
  const server = await startFront(createListener(name, service))
  return {
    url: server.url,
    database,
    async close() {
      await server.stop()
      await service.db.close()
      await database.drop()
    },
  }
}
