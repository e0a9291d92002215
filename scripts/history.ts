// npm run history: real history through its whole life in the running suite, and whether answers ever change.
import { historyCommand } from './lab/history/history-command.ts'

await historyCommand(process.argv.slice(2))
