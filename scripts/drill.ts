// npm run drill: practises a recovery on servers of its own: loses data, restores it, proves it, and measures the time.
import { drillCommand } from './lab/drill/drill-command.ts'

process.exitCode = await drillCommand(process.argv.slice(2))
