// The function app: made by `npm run deployments` from shared/connection-budget.json.
import { serveDeployment } from '@penstock/shared/slice/deployment.ts'
import alerts from '../functions/alerts/index.ts'
import audit from '../functions/audit/index.ts'
import backfill from '../functions/backfill/index.ts'
import carbon from '../functions/carbon/index.ts'
import feedback from '../functions/feedback/index.ts'
import identity from '../functions/identity/index.ts'
import productions from '../functions/productions/index.ts'

serveDeployment('app', [feedback, backfill, alerts, identity, productions, audit, carbon], process.env)
