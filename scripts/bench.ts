// npm run bench: what the functions do a second, each beside its limit.
import { benchCommand } from './lab/bench/bench-command.ts'

process.exit(await benchCommand(process.argv.slice(2)))
