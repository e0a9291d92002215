// The function audit: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import audit from '../functions/audit/index.ts'

serveDeployment('audit', [audit], process.env)
