// npm run tenant: everything of a tenant, handed over or erased.
import { tenantCommand } from './data/tenant-command.ts'

await tenantCommand(process.argv.slice(2))
