// npm run archive: lists, verifies, holds and reopens archived data.
import { archiveCommand } from './data/archive/archive-command.ts'

await archiveCommand(process.argv.slice(2))
