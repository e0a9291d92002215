// The function operations: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import backup from '../functions/backup/index.ts'
import monitoring from '../functions/monitoring/index.ts'

serveDeployment('operations', [monitoring, backup], process.env)
