// The function identity: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import identity from '../functions/identity/index.ts'

serveDeployment('identity', [identity], process.env)
