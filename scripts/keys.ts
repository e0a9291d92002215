// npm run keys: makes, lists and revokes API keys, and has the running local suite sign a user's token. A new key goes to stdout alone, everything else to stderr; or to Secret Manager,
// where stdout is a log.
import { keysCommand } from './database/keys/keys-command.ts'

await keysCommand(process.argv.slice(2))
