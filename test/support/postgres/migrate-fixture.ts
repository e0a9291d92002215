// A process that migrates, for tests that kill it. Arguments: URL of the database, folder of the migrations.
import { pathToFileURL } from 'node:url'
import { migrate } from '../../../scripts/database/migrate.ts'
import { readMigrations } from '../../../scripts/database/migrations.ts'
import { everyDeployment } from './every-deployment.ts'

const [url = '', folder = ''] = process.argv.slice(2)
await migrate({
  url,
  tier: 'large',
  budget: everyDeployment,
  migrations: readMigrations(pathToFileURL(`${folder}/`)),
  log: console.log,
})
