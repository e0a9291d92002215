// The function backfill: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import backfill from '../functions/backfill/index.ts'

serveDeployment('backfill', [backfill], process.env)
