// npm run test:faults: functions, server and network fail under load, and then the tables are asked for all that was acknowledged.
import { faultsCommand } from './lab/faults/faults-command.ts'

process.exit(await faultsCommand(process.argv.slice(2)))
