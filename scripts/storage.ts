// npm run test:storage: writers, compactors and readers on one database, and a check of everything that was read; or with a rule taken out.
import { storageCommand } from './lab/storage/storage-command.ts'

await storageCommand(process.argv.slice(2))
