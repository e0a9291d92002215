// Charts by PromQL, as Prometheus has them. The expression and the span are in the URL.
import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { duration, quantity } from '../../base/format.ts'
import { changeQuery, hrefOf, view } from '../../base/view.ts'
import { LineChart } from '../../charts/line-chart.tsx'
import { Button } from '../../ui/button.tsx'
import { Select } from '../../ui/field.tsx'
import { Page, Panel } from '../../ui/page.tsx'
import { Empty, Failed, FailureLine, Waiting } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { type Asked, type Evaluated, evaluate, refusalOf, stepOf } from './evaluate.ts'

const LENGTHS = [
  ['900', '15 minutes'],
  ['3600', 'hour'],
  ['21600', '6 hours'],
  ['86400', 'day'],
  ['604800', '7 days'],
  ['2592000', '30 days'],
] as const
const DEFAULT_LENGTH = '3600'

/** The page. */
export function PromqlPage() {
  const { q = '', last = DEFAULT_LENGTH, end } = view.value.query
  return (
    <Page
      title="PromQL"
      intro="Ask in the language of Prometheus. The metric type is the name, the service is the label job."
    >
      <Panel>
        <Question expression={q} last={last} />
      </Panel>
      {q === '' ? (
        <Names />
      ) : (
        <Answer key={`${q} ${last} ${end}`} expression={q} last={Number(last) || 3_600} end={end} />
      )}
    </Page>
  )
}

function Question({ expression, last }: { readonly expression: string; readonly last: string }) {
  const id = useId()
  const text = useSignal(expression)
  const run = (): void => changeQuery({ q: text.value.trim(), end: new Date().toISOString() })
  return (
    <form
      class="question"
      onSubmit={(event) => {
        event.preventDefault()
        run()
      }}
    >
      <div class="field">
        <label for={id}>Expression</label>
        <textarea
          id={id}
          class="mono"
          rows={3}
          spellcheck={false}
          placeholder={'avg by (job) (rate(http_requests_total[5m]))'}
          value={text.value}
          onInput={({ currentTarget }) => (text.value = currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey) return
            event.preventDefault()
            run()
          }}
        />
      </div>
      <div class="question-run">
        <Select
          label="Over the last"
          value={LENGTHS.find(([seconds]) => seconds === last)?.[0] ?? DEFAULT_LENGTH}
          options={LENGTHS}
          onChange={(seconds) => changeQuery({ last: seconds, end: new Date().toISOString() })}
        />
        <Button kind="primary" type="submit" disabled={text.value.trim() === ''}>
          Run
        </Button>
      </div>
    </form>
  )
}

interface AnswerProps {
  readonly expression: string
  readonly last: number
  readonly end: string | undefined
}

function Answer({ expression, last, end }: AnswerProps) {
  const until = useSignal(Date.parse(end ?? '') || Date.now()).value / 1000
  const asked: Asked = { expression, from: until - last, to: until }
  const answer = useLoaded(JSON.stringify(asked), async (signal) => {
    try {
      return { evaluated: await evaluate(asked, signal) }
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal.kind !== 'refused') throw error
      return { refusal }
    }
  })
  if (answer.failure && !answer.value) return <Failed failure={answer.failure} retry={answer.reload} />
  if (!answer.value) return <Waiting rows={7} label="Evaluating" />
  const { evaluated, refusal } = answer.value
  return (
    <>
      <FailureLine failure={answer.failure} />
      {refusal ? <Failed failure={refusal} /> : null}
      {evaluated ? <Result asked={asked} evaluated={evaluated} /> : null}
    </>
  )
}

function Result({ asked, evaluated }: { readonly asked: Asked; readonly evaluated: Evaluated }) {
  const { lines, rows, warnings, hidden } = evaluated
  if (lines.length === 0)
    return (
      <Empty title="The expression has no series in this span">
        <p>Choose a longer span, or check the names: they are listed when the expression is empty.</p>
      </Empty>
    )
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} class="failure-line">
          {warning}
        </p>
      ))}
      <Panel title="Chart" note={`a point each ${duration(stepOf(asked))}`}>
        <LineChart label={asked.expression} lines={lines} span={[asked.from, asked.to]} />
        {hidden > 0 ? <p class="note">{hidden} more series are in the table only.</p> : null}
      </Panel>
      <Panel title="Last values" note={`${rows.length} series`}>
        <Table
          label="Last values"
          rows={rows}
          keyOf={({ name }) => name}
          columns={[
            { head: 'Series', cell: ({ name }) => <span class="mono">{name}</span>, isWide: true },
            { head: 'Value', cell: ({ value }) => quantity(Number(value)), isNumber: true },
          ]}
        />
      </Panel>
    </>
  )
}

const MOST_NAMES = '200'

/** The names of metrics, each a link to its chart. */
function Names() {
  const names = useLoaded('names', async (signal) => {
    return (await call('promql.labelValues', { path: { name: '__name__' }, query: { limit: MOST_NAMES } }, { signal }))
      .data
  })
  if (names.failure && !names.value) return <Failed failure={names.failure} retry={names.reload} />
  if (!names.value) return <Waiting />
  if (names.value.length === 0)
    return (
      <Empty title="There are no metrics yet">
        <p>
          <a href={hrefOf('send')}>Send a first point</a>
        </p>
      </Empty>
    )
  return (
    <Panel title="Names to begin with" note="the metric types of your points">
      <ul class="link-list">
        {names.value.map((name) => (
          <li key={name}>
            <a class="mono" href={hrefOf('promql', { q: name, last: '86400', end: new Date().toISOString() })}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
