// The function metrics-ingest-pubsub: made by `npm run deployments` from shared/connection-budget.json.
import { entryOf } from '@penstock/shared/slice/define-slice.ts'
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import metricsIngest from '../functions/metrics-ingest/index.ts'

serveDeployment('metrics-ingest-pubsub', [entryOf(metricsIngest, 'push')], process.env)
