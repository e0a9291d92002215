// npm run history: takes real history through its whole life in the running suite, and checks that answers never change.
import { historyCommand } from './lab/history/history-command.ts'

await historyCommand(process.argv.slice(2))
