// The number of series by metric and by label.
import type { Cardinality } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count } from '../../base/format.ts'
import { hrefOf, view } from '../../base/view.ts'
import { Share } from '../../ui/bar.tsx'
import { Page, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const EVERY_MS = 30_000

/** The page. */
export function CardinalityPage() {
  const { service = '', label = '' } = view.value.query
  const query = { ...(service === '' ? {} : { service_name: service }), ...(label === '' ? {} : { label }) }
  const loaded = useLoaded(
    `cardinality ${JSON.stringify(query)}`,
    async (signal) => await call('metrics-query.cardinality', { query }, { signal }),
    EVERY_MS,
  )
  return (
    <Page title="Cardinality" intro="Each combination of labels is a series. Here is what makes their number.">
      {service === '' && label === '' ? null : (
        <p class="page-links">
          <span>{[service, label].filter((part) => part !== '').join(', label ')}</span>
          <a href={hrefOf('cardinality')}>Show all</a>
        </p>
      )}
      <Shown of={loaded} rows={6}>
        {(found) => <Counts found={found} label={label} service={service} />}
      </Shown>
    </Page>
  )
}

interface CountsProps {
  readonly found: Cardinality
  readonly label: string
  readonly service: string
}

function Counts({ found: { series, limit, by_metric, by_label, label_values }, label, service }: CountsProps) {
  if (series === 0)
    return (
      <Empty title="There are no series yet">
        <p>
          <a href={hrefOf('send')}>Send a first point</a>, and it is counted here.
        </p>
      </Empty>
    )
  return (
    <>
      <Panel title="Series" note="against the limit of the tenant">
        <ul class="meters">
          <li>
            <span class="meter-name">Series</span>
            <Share used={series} limit={limit} label="Series of the limit" />
            <span class="meter-number">
              {count(series)} of {count(limit)}
            </span>
          </li>
        </ul>
      </Panel>
      {label_values === undefined ? null : <Values label={label} values={label_values} />}
      <Panel title="By label" note="those with the most values first">
        {by_label.length === 0 ? (
          <p class="quiet">These series have no labels.</p>
        ) : (
          <Labels labels={by_label} service={service} />
        )}
      </Panel>
      <Panel title="By metric" note="those with the most series first">
        <Metrics metrics={by_metric} />
      </Panel>
    </>
  )
}

interface LabelsProps {
  readonly labels: Cardinality['by_label']
  readonly service: string
}

const Labels = ({ labels, service }: LabelsProps) => (
  <Table
    label="Labels"
    rows={labels}
    keyOf={({ label }) => label}
    columns={[
      {
        head: 'Label',
        cell: ({ label }) => <a href={hrefOf('cardinality', { service, label })}>{label}</a>,
        isWide: true,
      },
      { head: 'Values', cell: ({ values }) => count(values), isNumber: true },
      { head: 'Series with it', cell: ({ series }) => count(series), isNumber: true },
    ]}
  />
)

const Metrics = ({ metrics }: { readonly metrics: Cardinality['by_metric'] }) => (
  <Table
    label="Metrics"
    rows={metrics}
    keyOf={({ service_name, metric_type }) => JSON.stringify([service_name, metric_type])}
    columns={[
      {
        head: 'Service',
        cell: ({ service_name: service }) => <a href={hrefOf('cardinality', { service })}>{service}</a>,
      },
      {
        head: 'Metric',
        cell: ({ service_name: service, metric_type: metric }) => (
          <a href={hrefOf('explore', { service, metric })}>{metric}</a>
        ),
        isWide: true,
      },
      { head: 'Series', cell: ({ series }) => count(series), isNumber: true },
    ]}
  />
)

interface ValuesProps {
  readonly label: string
  readonly values: NonNullable<Cardinality['label_values']>
}

const Values = ({ label, values }: ValuesProps) => (
  <Panel title={`Values of ${label}`} note="those with the most series first">
    <Table
      label={`Values of ${label}`}
      rows={values}
      keyOf={({ value }) => JSON.stringify(value)}
      columns={[
        { head: 'Value', cell: ({ value }) => value ?? <span class="quiet">without it</span>, isWide: true },
        { head: 'Series', cell: ({ series }) => count(series), isNumber: true },
      ]}
    />
  </Panel>
)
