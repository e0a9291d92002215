// The function backup: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import backup from '../functions/backup/index.ts'

serveDeployment('backup', [backup], process.env)
