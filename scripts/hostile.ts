// npm run test:hostile: every function is sent what no client should send, and has to stay well.
import { hostileCommand } from './lab/hostile/hostile-command.ts'

process.exit(await hostileCommand(process.argv.slice(2)))
