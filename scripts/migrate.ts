// npm run migrate: the database becomes what this release needs: migrations, then roles, limits, grants and time-outs.
//   -- check: what differs, a line each; -- index list | create | drop: indexes, while others read and write.
import { say } from './cli/output.ts'
import { migrateCommand } from './database/migrate-command.ts'

try {
  process.exitCode = await migrateCommand(process.argv.slice(2), process.env)
} catch (error) {
  say(`migrate: ${(error as Error).message}`)
  process.exitCode = 1
}
