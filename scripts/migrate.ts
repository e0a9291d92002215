// npm run migrate: migrates the database to this release: migrations, then roles, limits, grants and time-outs.
//   -- check: lists differences, one per line; -- index list | create | drop: indexes, while others read and write.
import { say } from './cli/output.ts'
import { migrateCommand } from './database/migrate-command.ts'

try {
  process.exitCode = await migrateCommand(process.argv.slice(2), process.env)
} catch (error) {
  say(`migrate: ${(error as Error).message}`)
  process.exitCode = 1
}
