// npm run reader: a login of one tenant that only reads, for Grafana and its like. Its password goes to stdout alone, everything else
// to stderr; or to Secret Manager, where stdout is a log.
import { readerCommand } from './database/keys/reader-command.ts'

await readerCommand(process.argv.slice(2))
