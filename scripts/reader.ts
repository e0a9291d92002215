// npm run reader: manages logins that read one tenant, for Grafana and similar tools. A password goes to stdout alone, everything else to
// stderr; in the cloud, where stdout is a log, it goes to Secret Manager.
import { readerCommand } from './database/keys/reader-command.ts'

await readerCommand(process.argv.slice(2))
