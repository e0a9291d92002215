// Converts rows to the wire format.
import { formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import type { Job, Lease } from './contract.ts'
import type { LeaseRow } from './lease-queries.ts'
import type { JobRow } from './queries.ts'

export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    job_type: row.job_type,
    start_block: BigInt(row.start_block),
    end_block: BigInt(row.end_block),
    current_block: BigInt(row.current_block),
    status: row.status,
    progress_percentage: row.progress_percentage,
    estimated_completion: timeOf(row.estimated_completion),
    error_message: row.error_message,
    started_at: formatTimestamp(fromPostgres(row.started_at)),
    completed_at: timeOf(row.completed_at),
    created_by: row.created_by,
    version: row.version,
  }
}

export function toLease(row: LeaseRow): Lease {
  return {
    lease_id: row.lease_id ?? '',
    fencing_token: Number(row.fencing_token),
    start_block: BigInt(row.start_block),
    end_block: BigInt(row.end_block),
    expires_at: formatTimestamp(fromPostgres(row.expires_at)),
    failures: row.failures + row.losses,
  }
}

const timeOf = (text: string | null): string | null => (text === null ? null : formatTimestamp(fromPostgres(text)))
