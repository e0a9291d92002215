// The function console: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import console from '../functions/console/index.ts'

serveDeployment('console', [console], process.env)
