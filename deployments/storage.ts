// The function storage: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import compaction from '../functions/compaction/index.ts'
import partitions from '../functions/partitions/index.ts'

serveDeployment('storage', [partitions, compaction], process.env)
