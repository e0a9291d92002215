// Writes what is made from shared/connection-budget.json: npm run deployments
import { deploymentsCommand } from './deploy/deployments-command.ts'

await deploymentsCommand()
