// npm run backfill: starts and reports jobs, and runs workers for them. Results go to stdout, everything else to stderr.
import { backfillCommand } from './data/backfill/backfill-command.ts'

await backfillCommand(process.argv.slice(2))
