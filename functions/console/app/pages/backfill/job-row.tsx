// One backfill job: its progress and what can be done with it.
import type { BackfillJob } from '@penstock/client/api.ts'
import { useAction } from '../../api/action.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { ago, count, duration } from '../../base/format.ts'
import { Progress } from '../../ui/bar.tsx'
import { Button } from '../../ui/button.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, type Tone } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'

const TONES: Readonly<Record<BackfillJob['status'], Tone>> = {
  running: 'info',
  paused: 'warning',
  completed: 'ok',
  failed: 'critical',
}

/** The row of a job. */
export function JobRow({ job, onChange }: { readonly job: BackfillJob; readonly onChange: () => void }) {
  const { id, job_type, status, progress_percentage, error_message, created_by } = job
  return (
    <li class="job">
      <div class="job-head">
        <strong class="job-name">{job_type}</strong>
        <Badge tone={TONES[status]}>{status}</Badge>
        <span class="note job-when">
          started <Moment at={job.started_at} relative />
          {created_by === null ? null : ` by ${created_by}`}
        </span>
        <Switch job={job} onChange={onChange} />
      </div>
      <Progress value={progress_percentage} label={`${job_type}: progress`} tone={TONES[status]} />
      <p class="note job-facts">
        <span>{blocksOf(job)}</span>
        <span>{endOf(job)}</span>
        <span class="mono">{id}</span>
      </p>
      {error_message === null || error_message === '' ? null : <p class="job-error">{error_message}</p>}
    </li>
  )
}

/** Both ends are inclusive; every block before the current one is done. */
function blocksOf({ start_block, end_block, current_block }: BackfillJob): string {
  const total = BigInt(end_block) - BigInt(start_block) + 1n
  return `block ${count(current_block)} of ${count(start_block)} to ${count(end_block)} (${count(total)} blocks)`
}

function endOf({ status, estimated_completion, started_at, completed_at }: BackfillJob): string {
  if (completed_at !== null) {
    const seconds = (Date.parse(completed_at) - Date.parse(started_at)) / 1000
    return `${status === 'failed' ? 'failed' : 'done'} after ${duration(seconds)}`
  }
  if (status === 'paused') return 'paused'
  const late = Date.now() - Date.parse(estimated_completion ?? '')
  if (late > 0) return `expected to end ${ago(Date.now() - late)}, so it is late`
  return estimated_completion === null
    ? 'its end is not known yet'
    : `expected to end ${ago(Date.parse(estimated_completion))}`
}

/** Pauses a running job and resumes a paused one. */
function Switch({ job, onChange }: { readonly job: BackfillJob; readonly onChange: () => void }) {
  const { isRunning, failure, run } = useAction()
  if (!may('backfill:write') || (job.status !== 'running' && job.status !== 'paused')) return null
  const next = job.status === 'running' ? 'paused' : 'running'
  const change = async (): Promise<void> => {
    await call('backfill.progress', {
      query: { job_id: job.id },
      // A newer report of a worker is not overwritten.
      header: { 'If-Match': `"${job.version}"` },
      body: { current_block: job.current_block, progress_percentage: job.progress_percentage, status: next },
    })
    onChange()
  }
  return (
    <>
      <Button
        kind="quiet"
        disabled={isRunning}
        label={`${next === 'paused' ? 'Pause' : 'Resume'} ${job.job_type}`}
        onClick={() => void run(change)}
      >
        {next === 'paused' ? 'Pause' : 'Resume'}
      </Button>
      <FailureLine failure={failure} />
    </>
  )
}
