// The chart of the chosen series with its controls, or the same as a table.
import type { MetricSeries } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { exactly, quantity } from '../../base/format.ts'
import { changeQuery, hrefOf } from '../../base/view.ts'
import { summaryOf } from '../../charts/line.ts'
import { LineChart } from '../../charts/line-chart.tsx'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Select } from '../../ui/field.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { Empty, Failed, FailureLine, Waiting } from '../../ui/states.tsx'
import { type Chart, loadChart } from './chart-data.ts'
import { type Choice, labelCounts, type Span, shownSpan, spanOf } from './choice.ts'
import { CsvButton } from './csv.tsx'
import { PointTable } from './point-table.tsx'
import { RangeBar, showSpan } from './range-bar.tsx'

interface SeriesViewProps {
  readonly choice: Choice
  /** The series that are chosen; they have one unit. */
  readonly series: readonly MetricSeries[]
}

/** The span, the controls, and the chart or the table. */
export function SeriesView({ choice, series }: SeriesViewProps) {
  const points = spanOf(series)
  const span = shownSpan(choice, points)
  const key = span && JSON.stringify([choice, span])
  const nothing = { from: 0, to: 0 }
  const chart = useLoaded(
    key,
    async (signal) => await loadChart(choice, { span: span ?? nothing, points: points ?? nothing, signal }),
  )
  if (!points || !span)
    return (
      <Empty title="The series has no points">
        <p>They have expired, or were erased. New ones are drawn as soon as they arrive.</p>
      </Empty>
    )
  const unit = series[0]?.unit ?? ''
  const shown = chart.value ?? chart.stale
  return (
    <Panel
      title={`${choice.service} · ${choice.metric}`}
      note={unit === '' || unit === '1' ? undefined : unit}
      actions={<ViewButtons choice={choice} span={span} />}
    >
      <RangeBar span={span} points={points} />
      {chart.failure && !chart.value ? <Failed failure={chart.failure} retry={chart.reload} /> : null}
      {chart.value ? <FailureLine failure={chart.failure} /> : null}
      {!shown && !chart.failure ? <Waiting rows={7} label="Loading the chart" /> : null}
      {shown && !(chart.failure && !chart.value) ? (
        <div class={chart.value ? 'drawn' : 'drawn stale'}>
          <Drawn choice={choice} chart={shown} unit={unit} span={span} />
        </div>
      ) : null}
      <Controls choice={choice} series={series} />
    </Panel>
  )
}

function ViewButtons({ choice, span }: { readonly choice: Choice; readonly span: Span }) {
  const series = { service: choice.service, metric: choice.metric }
  const show = (table: boolean) => () => changeQuery({ show: table ? 'table' : undefined })
  return (
    <>
      <Button pressed={!choice.isTable} onClick={show(false)}>
        Chart
      </Button>
      <Button pressed={choice.isTable} onClick={show(true)}>
        Table
      </Button>
      <CsvButton choice={choice} span={span} />
      {may('alerts:write') ? <LinkButton href={hrefOf('alerts', series)}>Make a rule</LinkButton> : null}
    </>
  )
}

interface DrawnProps {
  readonly choice: Choice
  readonly chart: Chart
  readonly unit: string
  readonly span: Span
}

function Drawn({ choice, chart: { lines, resolution, hidden, isAlone }, unit, span }: DrawnProps) {
  if (lines.length === 0)
    return (
      <Empty title="No points in this span">
        <p>
          <Button onClick={() => showSpan(undefined)}>Go to where the points are</Button>
        </p>
      </Empty>
    )
  const [first] = lines
  const summary = first && summaryOf(first)
  const name = `${choice.service} ${choice.metric}`
  return (
    <>
      {choice.isTable ? (
        <PointTable label={name} lines={lines} unit={unit} />
      ) : (
        <LineChart
          label={name}
          lines={lines}
          unit={unit}
          span={[span.from / 1000, span.to / 1000]}
          onSelect={(from, to) => showSpan({ from: from * 1000, to: to * 1000 })}
        />
      )}
      <p class="note">
        The chart shows {resolution}
        {hidden > 0 ? `; ${hidden} more lines are left out, so choose a label to see them` : ''}. Mark a part of it to
        come closer.
        {isAlone ? ' The period before has no points.' : ''}
      </p>
      {summary && lines.length === 1 ? (
        <Facts
          facts={[
            { name: 'Last', value: quantity(summary.last), note: unit },
            { name: 'Average', value: quantity(summary.average), note: unit },
            { name: 'Lowest', value: quantity(summary.min), note: unit },
            { name: 'Highest', value: quantity(summary.max), note: unit },
            { name: 'Points drawn', value: exactly(summary.points) },
          ]}
        />
      ) : null}
    </>
  )
}

const SMOOTH = [
  ['1', 'none'],
  ['5', '5 points'],
  ['15', '15 points'],
  ['60', '60 points'],
] as const
const COMPARED = [
  ['', 'nothing'],
  ['1', 'the period before'],
] as const

function Controls({ choice, series }: SeriesViewProps) {
  const labels = labelCounts(series).filter(({ values }) => values.length > 1)
  const smooth = SMOOTH.find(([size]) => size === String(choice.smooth))?.[0] ?? '1'
  return (
    <div class="controls">
      {labels.length === 0 && choice.split === '' ? null : (
        <Select
          label="A line for each"
          value={choice.split}
          options={[['', 'series'], ...labels.map(({ name }) => [name, `value of ${name}`] as const)]}
          onChange={(split) => changeQuery({ split })}
        />
      )}
      <Select
        label="Moving average"
        value={smooth}
        options={SMOOTH}
        onChange={(size) => changeQuery({ smooth: size === '1' ? undefined : size })}
      />
      <Select
        label="Compare with"
        value={choice.isCompared ? '1' : ''}
        options={COMPARED}
        onChange={(compare) => changeQuery({ compare })}
      />
    </div>
  )
}
