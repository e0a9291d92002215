// Choosing what to draw: service, metric, unit, and labels with the number of their series.
import type { MetricSeries } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { plural } from '../../base/format.ts'
import { changeQuery, hrefOf, view } from '../../base/view.ts'
import { Select } from '../../ui/field.tsx'
import { FailureLine } from '../../ui/states.tsx'
import { Suggest, type Suggestion } from '../../ui/suggest.tsx'
import { type Choice, chosenSeries, labelCounts, labelParameter } from './choice.ts'

interface PickerProps {
  readonly choice: Choice
  /** The series of the chosen service; undefined while they are loaded. */
  readonly series: readonly MetricSeries[] | undefined
}

const MOST_SERVICES = '1000'

/** The boxes for service and metric, and what distinguishes the series of that metric. */
export function Picker({ choice, series }: PickerProps) {
  const isWanted = useSignal(choice.service === '')
  const services = useLoaded(isWanted.value ? 'services' : undefined, async (signal) => {
    const request = { path: { name: 'job' }, query: { limit: MOST_SERVICES } }
    return (await call('promql.labelValues', request, { signal })).data
  })
  const chooseService = (service: string): void => {
    location.hash = hrefOf('explore', { service })
  }
  const chooseMetric = (metric: string): void => {
    location.hash = hrefOf('explore', { service: choice.service, metric })
  }
  return (
    <div class="picker">
      <Suggest
        label="Service"
        value={choice.service}
        placeholder="Type or choose a service"
        suggestions={(services.value ?? []).map((value) => ({ value }))}
        isLoading={!services.value}
        onOpen={() => (isWanted.value = true)}
        onChoose={chooseService}
      />
      <Suggest
        label="Metric"
        value={choice.metric}
        placeholder={choice.service === '' ? 'Choose a service first' : 'Type or choose a metric'}
        suggestions={metricsOf(series ?? [])}
        isLoading={!series}
        onChoose={chooseMetric}
      />
      <Units choice={choice} series={series ?? []} />
      <FailureLine failure={services.failure} />
    </div>
  )
}

function metricsOf(series: readonly MetricSeries[]): readonly Suggestion[] {
  const counts = Map.groupBy(series, ({ metric_type }) => metric_type)
  return [...counts].map(([value, found]) => ({ value, note: plural(found.length, 'series') })).map(asSeries)
}

/** The plural of series is series. */
const asSeries = ({ value, note }: { value: string; note: string }): Suggestion => ({
  value,
  note: note.replace('seriess', 'series'),
})

function Units({ choice, series }: { readonly choice: Choice; readonly series: readonly MetricSeries[] }) {
  const units = [...new Set(series.filter(({ metric_type }) => metric_type === choice.metric).map(({ unit }) => unit))]
  if (units.length < 2) return null
  return (
    <Select
      label="Unit"
      value={choice.unit ?? ''}
      options={[['', 'Choose a unit'] as const, ...units.map((unit) => [unit, unit === '' ? 'none' : unit] as const)]}
      onChange={(unit) => changeQuery({ unit })}
    />
  )
}

const MOST_VALUES = 12

/** Labels with their values, each a link that narrows the choice; a chosen one can be removed. */
export function LabelFilters({
  choice,
  series,
}: {
  readonly choice: Choice
  readonly series: readonly MetricSeries[]
}) {
  const counts = labelCounts(chosenSeries(series, choice)).filter(({ name }) => choice.labels[name] === undefined)
  const chosen = Object.entries(choice.labels)
  if (counts.length === 0 && chosen.length === 0) return null
  return (
    <div class="labels" role="group" aria-label="Labels">
      {chosen.map(([name, value]) => (
        <a key={name} class="chip chip-chosen" href={linkOf({ [labelParameter(name)]: undefined })}>
          {name}={value} <span aria-hidden="true">×</span>
          <span class="hidden">, remove this filter</span>
        </a>
      ))}
      {counts.map(({ name, values }) => (
        <span key={name} class="label-values">
          <span class="label-name">{name}</span>
          {values.slice(0, MOST_VALUES).map(([value, found]) => (
            <a key={value} class="chip" href={linkOf({ [labelParameter(name)]: value })}>
              {value} <span class="chip-count">{found}</span>
            </a>
          ))}
          {values.length > MOST_VALUES ? <span class="note">and {values.length - MOST_VALUES} more</span> : null}
        </span>
      ))}
    </div>
  )
}

const linkOf = (change: Readonly<Record<string, string | undefined>>): string =>
  hrefOf(view.value.page, { ...view.value.query, ...change })
