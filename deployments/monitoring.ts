// The function monitoring: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import monitoring from '../functions/monitoring/index.ts'

serveDeployment('monitoring', [monitoring], process.env)
