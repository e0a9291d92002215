// npm run backfill: jobs from the command line, and workers for them. Results go to stdout, everything else to stderr.
import { backfillCommand } from './data/backfill/backfill-command.ts'

await backfillCommand(process.argv.slice(2))
