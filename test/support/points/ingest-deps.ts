import { tenantFinder } from '@penstock/shared/auth/tenants.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { countUsage } from '@penstock/shared/report/usage.ts'
import type { PushDeps } from '../../../functions/metrics-ingest/push/push-handler.ts'
import { createStamps } from '../../../functions/metrics-ingest/stamps.ts'
import { createWriter } from '../../../functions/metrics-ingest/writer.ts'

/** An instance of ingestion: its own slots of timestamps, its own memory of series. Runs go by the clock of the machine. */
export const ingestDeps = (db: PenstockDatabase, now: () => number): PushDeps => ({
  db,
  now,
  limits: { earliestYear: 2010, maxAheadHours: 24 },
  stamp: createStamps({ db, now }),
  series: createSeriesResolver({ db, now }),
  store: createWriter({ db, now: Date.now }),
  takePoints: async () => {},
  usage: countUsage(),
  findTenant: tenantFinder({ db, clock: Date.now }),
})
