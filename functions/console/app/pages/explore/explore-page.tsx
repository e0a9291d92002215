// The explorer: from a service to the chart of a metric. The whole view is in the URL.
import type { MetricSeries } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { isOfTenant } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { hrefOf, view } from '../../base/view.ts'
import { Page, Panel } from '../../ui/page.tsx'
import { Empty, Failed, FailureLine, Waiting } from '../../ui/states.tsx'
import { type Choice, chosenSeries, readChoice } from './choice.ts'
import { LabelFilters, Picker } from './picker.tsx'
import { SeriesView } from './series-view.tsx'

const MOST_SERIES = 10_000

/** The page. A credential of the platform has no series of its own, so the page says which key shows them. */
export const ExplorePage = () => (isOfTenant.value ? <Explorer /> : <NoTenant />)

const NoTenant = () => (
  <Page title="Explore" intro="Charts of the series of one tenant.">
    <Empty title="This credential belongs to no tenant">
      <p>
        Series belong to tenants, and an operator&apos;s key reads none of them. Sign out, then sign in with a key of
        the tenant that has the scope <code>metrics:read</code>.
      </p>
      <p>
        The state of the suite itself is on the <a href={hrefOf('overview')}>Overview</a>, its database on the page{' '}
        <a href={hrefOf('database')}>Database</a>.
      </p>
    </Empty>
  </Page>
)

function Explorer() {
  const choice = readChoice(view.value.query)
  const { service } = choice
  const series = useLoaded(service === '' ? undefined : service, async (signal) => {
    return await call('metrics-query.series', { query: { service_name: service, limit: MOST_SERIES } }, { signal })
  })
  return (
    <Page
      title="Explore"
      intro="Choose a service and a metric to draw it. The address of this page is the view: share it."
    >
      <Panel>
        <Picker choice={choice} series={series.value} />
        {series.value && choice.metric !== '' ? <LabelFilters choice={choice} series={series.value} /> : null}
      </Panel>
      {service === '' ? <NoService /> : null}
      {service !== '' && !series.value && !series.failure ? <Waiting rows={6} /> : null}
      {series.failure && !series.value ? <Failed failure={series.failure} retry={series.reload} /> : null}
      {series.value ? <FailureLine failure={series.failure} /> : null}
      {series.value ? <Chosen choice={choice} series={series.value} /> : null}
    </Page>
  )
}

function NoService() {
  return (
    <Empty title="No service is chosen yet">
      <p>
        Type its name above. If nothing is suggested, nothing has arrived yet:{' '}
        <a href={hrefOf('send')}>send a first point</a>.
      </p>
    </Empty>
  )
}

/** Shows what there is for the choice: a chart, or the way to one. */
function Chosen({ choice, series }: { readonly choice: Choice; readonly series: readonly MetricSeries[] }) {
  const chosen = chosenSeries(series, choice)
  if (series.length === 0)
    return (
      <Empty title={`The service ${choice.service} has no series`}>
        <p>
          Its name may be written differently, or its points may have expired.{' '}
          <a href={hrefOf('send')}>How to send points</a>
        </p>
      </Empty>
    )
  if (choice.metric === '') return <Metrics service={choice.service} series={series} />
  if (chosen.length === 0)
    return (
      <Empty title="No series is left">
        <p>
          <a href={hrefOf('explore', { service: choice.service })}>Show the metrics of {choice.service}</a>
        </p>
      </Empty>
    )
  const units = new Set(chosen.map(({ unit }) => unit))
  if (units.size > 1)
    return (
      <Empty title={`${choice.metric} has several units`}>
        <p>Values of different units cannot be drawn together. Choose one of them above.</p>
      </Empty>
    )
  return <SeriesView choice={choice} series={chosen} />
}

function Metrics({ service, series }: { readonly service: string; readonly series: readonly MetricSeries[] }) {
  const metrics = [...Map.groupBy(series, ({ metric_type }) => metric_type)]
  return (
    <Panel title="Metrics of this service" note={`${metrics.length}`}>
      <ul class="link-list">
        {metrics.map(([metric, found]) => (
          <li key={metric}>
            <a href={hrefOf('explore', { service, metric })}>{metric}</a>
            <span class="note">
              {found.length} series{found[0]?.unit ? `, ${found[0].unit}` : ''}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
