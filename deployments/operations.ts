// The function operations: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import monitoring from '../functions/monitoring/index.ts'

serveDeployment('operations', [monitoring], process.env)
