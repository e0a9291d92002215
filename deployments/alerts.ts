// The function alerts: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import alerts from '../functions/alerts/index.ts'

serveDeployment('alerts', [alerts], process.env)
