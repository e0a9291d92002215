// A process that archives every due month, for a test that kills it: `node test/support/months/archive-fixture.ts DATABASE_URL
// STORAGE_URL`.
import { promisify } from 'node:util'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { copyConnection } from '@penstock/shared/database/copy-connection.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { ownerConnection } from '@penstock/shared/database/owner-connection.ts'
import { archiveMetrics, dropMetrics } from '../../../functions/retention/months/metric-months.ts'
import { TEST_BUCKET } from '../google/storage.ts'
import { monthLimits } from './archived-months.ts'

const [url = '', endpoint = ''] = process.argv.slice(2)
const config = { url, ca: undefined, inCloud: false }
const deps = {
  db: openDatabase('retention', config, { poolSize: 1 }),
  asOwner: ownerConnection('retention', config),
  inCopyTransaction: copyConnection('retention', config),
  store: openArchiveStore({ bucket: TEST_BUCKET, endpoint }),
  now: Date.now,
  pause: promisify(setTimeout),
  limits: monthLimits,
}
const call = {
  cutoff: Date.UTC(2026, 0, 1) * 1000,
  dryRun: false,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
}
await archiveMetrics(deps, call)
await dropMetrics(deps, call)
await deps.db.close()
