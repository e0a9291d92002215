// npm run tenant: exports or erases everything of a tenant.
import { tenantCommand } from './data/tenant-command.ts'

await tenantCommand(process.argv.slice(2))
