// The tables of runs, and of requests that are safe to repeat.
import type { OwnedTables } from '../base/slice-data.ts'

export const jobTables = {
  job_run: { tenant: null, ages: { by: 'finished_at', days: 400, policy: 'job_runs', order: 'id' } },
  idempotency_key: {
    audit: { unaudited: 'What the request did is recorded.' },
    ages: { by: 'expires_at', days: 0, policy: 'idempotency_keys' },
  },
} as const satisfies OwnedTables
