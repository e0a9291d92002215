// The function carbon: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import carbon from '../functions/carbon/index.ts'

serveDeployment('carbon', [carbon], process.env)
