// npm run import: imports history from files into the database, or over HTTP. Results go to stdout, everything else to stderr.
import { importCommand } from './data/import/import-command.ts'

await importCommand(process.argv.slice(2))
