// The function metrics-query: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import metricsQuery from '../functions/metrics-query/index.ts'
import promql from '../functions/promql/index.ts'

serveDeployment('metrics-query', [metricsQuery, promql], process.env)
