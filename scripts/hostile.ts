// npm run test:hostile: sends every function malformed requests, and checks that it stays healthy.
import { hostileCommand } from './lab/hostile/hostile-command.ts'

process.exit(await hostileCommand(process.argv.slice(2)))
