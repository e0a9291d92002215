// The function retention: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import retention from '../functions/retention/index.ts'

serveDeployment('retention', [retention], process.env)
