// npm run schedule: lists, runs and pauses the declared jobs, those of the suite in this checkout, or with --project of a deployed one.
import { scheduleCommand } from './local/schedule/schedule-command.ts'

process.exitCode = await scheduleCommand(process.argv.slice(2))
