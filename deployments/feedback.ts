// The function feedback: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import feedback from '../functions/feedback/index.ts'

serveDeployment('feedback', [feedback], process.env)
