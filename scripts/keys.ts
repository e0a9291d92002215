// npm run keys: makes, lists and revokes API keys, and lets the running local suite sign a user's token. A new key goes to stdout alone,
// everything else to stderr; in the cloud, where stdout is a log, it goes to Secret Manager.
import { keysCommand } from './database/keys/keys-command.ts'

await keysCommand(process.argv.slice(2))
