// npm run archive: what is archived, whether it is as recorded, what must stay, and bringing a month back.
import { archiveCommand } from './data/archive/archive-command.ts'

await archiveCommand(process.argv.slice(2))
