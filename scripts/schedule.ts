// npm run schedule: the declared jobs, of the suite in this checkout, or with --project of a deployed one.
import { scheduleCommand } from './local/schedule/schedule-command.ts'

process.exitCode = await scheduleCommand(process.argv.slice(2))
