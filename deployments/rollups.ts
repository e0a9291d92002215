// The function rollups: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import rollups from '../functions/rollups/index.ts'

serveDeployment('rollups', [rollups], process.env)
