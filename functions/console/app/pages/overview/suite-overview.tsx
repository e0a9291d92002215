// The state of the suite for operators: findings, connections against the budget, functions, jobs.
import type { DatabasePool, SuiteState } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count, duration, milliseconds, percent } from '../../base/format.ts'
import { Share } from '../../ui/bar.tsx'
import { Findings } from '../../ui/findings.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Facts, Panel, type Tone } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const EVERY_MS = 10_000

const STATES: Readonly<Record<SuiteState['state'], readonly [text: string, tone: Tone]>> = {
  ok: ['Everything is well', 'ok'],
  degraded: ['Something needs attention', 'warning'],
  down: ['The suite is down', 'critical'],
}

/** The panels for operators. */
export function SuiteOverview() {
  const suite = useLoaded('suite', async (signal) => await call('monitoring.suite', {}, { signal }), EVERY_MS)
  const pool = useLoaded('pool', async (signal) => (await call('monitoring.pool', {}, { signal })).metrics, EVERY_MS)
  return (
    <>
      <Shown of={suite}>{(state) => <State suite={state} />}</Shown>
      <Panel title="Connections" note="used against the limit of each function">
        <Shown of={pool}>{(metrics) => <Connections pool={metrics} />}</Shown>
      </Panel>
      <Shown of={suite} rows={6}>
        {(state) => (
          <>
            <Panel title="Functions" note="the last hour">
              <Functions suite={state} />
            </Panel>
            <Panel title="Jobs">
              <Jobs suite={state} />
            </Panel>
          </>
        )}
      </Shown>
    </>
  )
}

function State({ suite: { state, findings, functions, jobs } }: { readonly suite: SuiteState }) {
  const [text, tone] = STATES[state]
  const requests = functions.reduce((sum, one) => sum + one.requests, 0)
  const errors = functions.reduce((sum, one) => sum + one.errors, 0)
  const late = jobs.filter((job) => job.late).length
  return (
    <>
      <div class={`headline tone-${tone}`} role="status">
        {text}
      </div>
      <Facts
        facts={[
          { name: 'Requests in the last hour', value: count(requests) },
          {
            name: 'Answered with an error',
            value: requests === 0 ? '0' : percent(errors / requests),
            note: `${count(errors)} with 5xx`,
            tone: errors > 0 ? 'warning' : 'ok',
          },
          { name: 'Late jobs', value: String(late), note: `of ${jobs.length}`, tone: late > 0 ? 'critical' : 'ok' },
          { name: 'Findings', value: String(findings.length), tone: findings.length > 0 ? 'warning' : 'ok' },
        ]}
      />
      {findings.length === 0 ? null : (
        <Panel title="What to do">
          <Findings findings={findings} />
        </Panel>
      )}
    </>
  )
}

function Connections({ pool }: { readonly pool: DatabasePool['metrics'] }) {
  const { budget, total_connections, functions, waiting, overflow } = pool
  return (
    <>
      <Facts
        facts={[
          { name: 'Open', value: String(total_connections), note: `of ${budget.available} for functions` },
          { name: 'Checked out', value: String(pool.checked_out), note: 'in use at this moment' },
          { name: 'Callers waiting', value: String(waiting), tone: waiting > 0 ? 'warning' : 'ok' },
          { name: 'Above the pools', value: String(overflow), tone: overflow > 0 ? 'critical' : 'ok' },
        ]}
      />
      <ul class="meters">
        {functions.map(({ function: name, connections, connection_limit }) => (
          <li key={name}>
            <span class="meter-name">{name}</span>
            <Share used={connections} limit={connection_limit} label={`${name}: connections`} />
            <span class="meter-number">
              {connections} of {connection_limit}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

const orNone = (ms: number | null): string => (ms === null ? '–' : milliseconds(ms))

function Functions({ suite }: { readonly suite: SuiteState }) {
  return (
    <Table
      label="Functions"
      rows={suite.functions}
      keyOf={(row) => row.function}
      columns={[
        { head: 'Function', cell: (row) => row.function },
        { head: 'Requests', cell: (row) => count(row.requests), isNumber: true },
        {
          head: 'Errors',
          cell: (row) => (row.errors > 0 ? <Badge tone="warning">{count(row.errors)}</Badge> : '0'),
          isNumber: true,
        },
        { head: 'Median', cell: (row) => orNone(row.p50_ms), isNumber: true, isMinor: true },
        { head: '95 %', cell: (row) => orNone(row.p95_ms), isNumber: true, isMinor: true },
        { head: '99 %', cell: (row) => orNone(row.p99_ms), isNumber: true, isMinor: true },
      ]}
    />
  )
}

function Jobs({ suite }: { readonly suite: SuiteState }) {
  return (
    <Table
      label="Jobs"
      rows={suite.jobs}
      keyOf={({ job }) => job}
      columns={[
        { head: 'Job', cell: ({ job }) => job },
        { head: 'Every', cell: ({ period_s }) => duration(period_s), isNumber: true, isMinor: true },
        { head: 'Last success', cell: ({ last_success_at }) => <Moment at={last_success_at} relative /> },
        { head: 'Last run', cell: ({ outcome }) => outcome ?? 'none yet', isMinor: true },
        {
          head: 'State',
          cell: ({ late, outcome }) => (
            <Badge tone={late ? 'critical' : outcome === 'failed' ? 'warning' : 'ok'}>
              {late ? 'late' : 'on time'}
            </Badge>
          ),
        },
      ]}
    />
  )
}
