// npm run test:storage: runs writers, compactors and readers on one database, and checks everything that was read; optionally with a rule
// removed.
import { storageCommand } from './lab/storage/storage-command.ts'

await storageCommand(process.argv.slice(2))
