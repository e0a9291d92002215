// The function partitions: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import partitions from '../functions/partitions/index.ts'

serveDeployment('partitions', [partitions], process.env)
