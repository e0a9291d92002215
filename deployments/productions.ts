// The function productions: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import productions from '../functions/productions/index.ts'

serveDeployment('productions', [productions], process.env)
