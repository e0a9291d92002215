// The chart of a series that grows while one looks.
import type { MetricSeries } from '@penstock/client/api.ts'
import { useMemo } from 'preact/hooks'
import { useAction } from '../../api/action.ts'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { quantity } from '../../base/format.ts'
import { hrefOf } from '../../base/view.ts'
import { LineChart } from '../../charts/line-chart.tsx'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Panel } from '../../ui/page.tsx'
import { FailureLine, Shown } from '../../ui/states.tsx'

const EVERY_MS = 2_000
const SPAN_MS = 10 * 60_000
const MOST_POINTS = 1_000

/** The chart of the last ten minutes. */
export function LiveChart({ series }: { readonly series: MetricSeries }) {
  const { service_name, metric_type, unit } = series
  const points = useLoaded(
    'live',
    async (signal) => {
      const now = Date.now()
      const [start_time, end_time] = [now - SPAN_MS, now + SPAN_MS].map((ms) => new Date(ms).toISOString()) as [
        string,
        string,
      ]
      const query = { service_name, metric_type, unit, start_time, end_time, limit: MOST_POINTS }
      return await call('metrics-query.range', { query }, { signal })
    },
    EVERY_MS,
  )
  const list = points.value
  const lines = useMemo(() => {
    const ascending = (list ?? []).toReversed()
    return [
      {
        name: metric_type,
        times: ascending.map(({ timestamp }) => Date.parse(timestamp) / 1000),
        values: ascending.map(({ metric_value }) => metric_value),
      },
    ]
  }, [JSON.stringify(list)])
  return (
    <Panel
      title={`${service_name} · ${metric_type}`}
      note={list?.[0] ? `${quantity(list[0].metric_value)} ${unit}` : undefined}
      actions={
        <LinkButton href={hrefOf('explore', { service: service_name, metric: metric_type })}>
          Open in the explorer
        </LinkButton>
      }
    >
      <Shown of={points} rows={7}>
        {() => <LineChart label={`${service_name} ${metric_type}`} lines={lines} unit={unit} />}
      </Shown>
      {may('metrics:write') ? <More series={series} onSent={points.reload} /> : null}
    </Panel>
  )
}

function More({
  series: { service_name, metric_type, unit, metric_metadata },
  onSent,
}: {
  readonly series: MetricSeries
  readonly onSent: () => void
}) {
  const { isRunning, failure, run } = useAction()
  const sendPoint = async (): Promise<void> => {
    const metric_value = Math.round((18 + Math.random() * 6) * 100) / 100
    await call('metrics-ingest.one', { body: { service_name, metric_type, metric_value, unit, metric_metadata } })
    onSent()
  }
  return (
    <div class="action-line">
      <Button disabled={isRunning} onClick={() => void run(sendPoint)}>
        Send another point
      </Button>
      <span class="note">The dots are single points. Send a few to see a line.</span>
      <FailureLine failure={failure} />
    </div>
  )
}
