// npm run sql: runs statements on the suite's database, from the command line, from stdin, or typed at a prompt.
import { sqlCommand } from './database/sql-command.ts'

await sqlCommand(process.argv.slice(2))
