// npm run bench: measures the throughput of functions, each next to its limit.
import { benchCommand } from './lab/bench/bench-command.ts'

process.exit(await benchCommand(process.argv.slice(2)))
