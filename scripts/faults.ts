// npm run test:faults: makes functions, server and network fail under load, and then looks for everything that was acknowledged.
import { faultsCommand } from './lab/faults/faults-command.ts'

process.exit(await faultsCommand(process.argv.slice(2)))
