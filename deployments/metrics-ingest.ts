// The function metrics-ingest: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import metricsIngest from '../functions/metrics-ingest/index.ts'

serveDeployment('metrics-ingest', [metricsIngest], process.env)
