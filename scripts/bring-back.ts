// npm run bring-back: copies a tenant's points from a restored copy of the database into the running one. See docs/playbooks/deletion.md.
import { bringBackCommand } from './data/bring-back-command.ts'

process.exitCode = await bringBackCommand(process.argv.slice(2))
