// The function compaction: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import compaction from '../functions/compaction/index.ts'

serveDeployment('compaction', [compaction], process.env)
