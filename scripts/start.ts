// npm start: runs the whole suite on one machine.
import { startCommand } from './local/start-command.ts'

process.exit(await startCommand(process.argv.slice(2)))
