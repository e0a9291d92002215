// The state of a tenant: which services send, which are silent, and the jobs that are running.
import type { MetricSeries } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { ago, count } from '../../base/format.ts'
import { hrefOf } from '../../base/view.ts'
import { Progress } from '../../ui/bar.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Facts, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const EVERY_MS = 15_000
const MOST_SERIES = 1_000

/** The panels for tenants. What the credential may not read is left out. */
export function TenantOverview() {
  return (
    <>
      {may('metrics:read') ? <Arriving /> : null}
      {may('backfill:read') ? <RunningJobs /> : null}
      {may('metrics:read') || may('backfill:read') ? null : (
        <Empty title="This credential sees neither metrics nor jobs">
          <p>The menu has the pages that it allows.</p>
        </Empty>
      )}
    </>
  )
}

interface Service {
  readonly name: string
  readonly series: number
  readonly metrics: number
  /** In ms since 1970; 0 when it has no point. */
  readonly last: number
}

function servicesOf(series: readonly MetricSeries[]): readonly Service[] {
  return [...Map.groupBy(series, ({ service_name }) => service_name)]
    .map(([name, found]) => ({
      name,
      series: found.length,
      metrics: new Set(found.map(({ metric_type }) => metric_type)).size,
      last: Math.max(0, ...found.map(({ last_timestamp }) => Date.parse(last_timestamp ?? '') || 0)),
    }))
    .toSorted((a, b) => b.last - a.last)
}

const MINUTE_MS = 60_000

function Arriving() {
  const loaded = useLoaded(
    'arriving',
    async (signal) => await call('metrics-query.series', { query: { limit: MOST_SERIES } }, { signal }),
    EVERY_MS,
  )
  return (
    <Shown of={loaded} rows={6}>
      {(series) => {
        if (series.length === 0) return <FirstSteps />
        const services = servicesOf(series)
        const newest = services[0]?.last ?? 0
        const fresh = services.filter(({ last }) => Date.now() - last < 5 * MINUTE_MS).length
        return (
          <>
            <Facts
              facts={[
                { name: 'Services', value: count(services.length), note: `${fresh} in the last 5 minutes` },
                {
                  name: 'Series',
                  value: series.length === MOST_SERIES ? `${count(MOST_SERIES)} or more` : count(series.length),
                },
                { name: 'Newest point', value: newest === 0 ? 'none' : ago(newest) },
              ]}
            />
            <Panel title="Services" note="those that sent last are first">
              <Services services={services} />
            </Panel>
          </>
        )
      }}
    </Shown>
  )
}

function FirstSteps() {
  return (
    <Empty title="Nothing has arrived yet">
      <p>
        Send a first point: by curl, OpenTelemetry, Telegraf, Prometheus or Python. Its chart appears as soon as it is
        stored.
      </p>
      <p>
        <LinkButton href={hrefOf('send')}>Send a first point</LinkButton>
      </p>
    </Empty>
  )
}

const MOST_ROWS = 100

function Services({ services }: { readonly services: readonly Service[] }) {
  return (
    <>
      <Table
        label="Services"
        rows={services.slice(0, MOST_ROWS)}
        keyOf={({ name }) => name}
        columns={[
          {
            head: 'Service',
            cell: ({ name }) => <a href={hrefOf('explore', { service: name })}>{name}</a>,
            isWide: true,
          },
          { head: 'Metrics', cell: ({ metrics }) => count(metrics), isNumber: true, isMinor: true },
          { head: 'Series', cell: ({ series }) => count(series), isNumber: true, isMinor: true },
          {
            head: 'Last point',
            cell: ({ last }) => <Moment at={last === 0 ? null : new Date(last).toISOString()} relative none="none" />,
          },
        ]}
      />
      {services.length > MOST_ROWS ? (
        <p class="note">{services.length - MOST_ROWS} more services are in Explore.</p>
      ) : null}
    </>
  )
}

/** Shows the expected end of a job, or that the job is late. */
function Expected({ at }: { readonly at: string | null }) {
  if (at === null) return <Badge tone="quiet">running</Badge>
  if (Date.parse(at) < Date.now()) return <Badge tone="warning">late</Badge>
  return (
    <>
      ends <Moment at={at} relative />
    </>
  )
}

function RunningJobs() {
  const jobs = useLoaded(
    'running',
    async (signal) => await call('backfill.list', { query: { status: 'running', limit: 5 } }, { signal }),
    EVERY_MS,
  )
  return (
    <Panel title="Running jobs" actions={<a href={hrefOf('backfill')}>All jobs</a>}>
      <Shown of={jobs} rows={2}>
        {(running) =>
          running.length === 0 ? (
            <p class="quiet">No backfill is running.</p>
          ) : (
            <ul class="meters">
              {running.map(({ id, job_type, progress_percentage, estimated_completion }) => (
                <li key={id}>
                  <span class="meter-name">{job_type}</span>
                  <Progress value={progress_percentage} label={`${job_type}: progress`} />
                  <span class="meter-number">
                    <Expected at={estimated_completion} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Panel>
  )
}
