// The tables whose rows are deleted by their age alone: made by `npm run deployments` from the data.ts of their owners.
export const agingTables = [
  {
    table: 'idempotency_key',
    policy: 'idempotency_keys',
    by: 'expires_at',
    order: 'expires_at',
    setting: null,
    days: 0,
  },
  {
    table: 'database_sample',
    policy: 'database_samples',
    by: 'at',
    order: 'at',
    setting: 'DATABASE_SAMPLE_DAYS',
    days: 7,
  },
  {
    table: 'dead_letter',
    policy: 'dead_letters',
    by: 'received_at',
    order: 'id',
    setting: 'DEAD_LETTER_DAYS',
    days: 90,
  },
  {
    table: 'backup_run',
    policy: 'backup_runs',
    by: 'finished_at',
    order: 'finished_at',
    setting: 'BACKUP_RUN_DAYS',
    days: 400,
  },
  {
    table: 'job_run',
    policy: 'job_runs',
    by: 'finished_at',
    order: 'id',
    setting: 'JOB_RUN_DAYS',
    days: 400,
  },
] as const
