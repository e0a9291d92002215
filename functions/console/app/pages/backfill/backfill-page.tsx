// Backfill jobs, live: progress, estimated end, failures, pause and resume.
import type { BackfillJob } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { changeQuery, view } from '../../base/view.ts'
import { Page, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { JobRow } from './job-row.tsx'
import { StartForm } from './start-form.tsx'

const EVERY_MS = 2_000
const MOST_JOBS = 50

const FILTERS = [
  ['', 'All'],
  ['running', 'Running'],
  ['paused', 'Paused'],
  ['completed', 'Completed'],
  ['failed', 'Failed'],
] as const
type Filter = (typeof FILTERS)[number][0]

/** The page. */
export function BackfillPage() {
  const status: Filter = FILTERS.find(([name]) => name === view.value.query['status'])?.[0] ?? ''
  const jobs = useLoaded(
    `jobs ${status}`,
    async (signal) => {
      const query = { limit: MOST_JOBS, ...(status === '' ? {} : { status }) }
      return await call('backfill.list', { query }, { signal })
    },
    EVERY_MS,
  )
  return (
    <Page title="Backfill" intro="Jobs over numbered blocks. The list renews itself every two seconds.">
      {may('backfill:write') ? <StartForm onStarted={jobs.reload} /> : null}
      <Panel>
        <Tabs
          label="Jobs by status"
          names={FILTERS}
          chosen={status}
          onChoose={(name) => changeQuery({ status: name }, { replace: true })}
        />
        <Shown of={jobs} rows={5}>
          {(list) => (list.length === 0 ? <NoJobs status={status} /> : <JobList jobs={list} onChange={jobs.reload} />)}
        </Shown>
      </Panel>
    </Page>
  )
}

function JobList({ jobs, onChange }: { readonly jobs: readonly BackfillJob[]; readonly onChange: () => void }) {
  return (
    <>
      <ul class="jobs">
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} onChange={onChange} />
        ))}
      </ul>
      {jobs.length === MOST_JOBS ? <p class="note">The newest {MOST_JOBS} jobs. Older ones are in the API.</p> : null}
    </>
  )
}

function NoJobs({ status }: { readonly status: Filter }) {
  if (status !== '') return <Empty title={`No job is ${status}`} />
  return (
    <Empty title="There are no jobs yet">
      <p>
        Start one above, or on the command line: <code>npx penstock backfill start</code>
      </p>
    </Empty>
  )
}
