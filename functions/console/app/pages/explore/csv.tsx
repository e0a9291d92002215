// The points of the span as a file.
import { useAction } from '../../api/action.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { FailureLine } from '../../ui/states.tsx'
import type { Choice, Span } from './choice.ts'

const MOST_POINTS = 10_000

/** A button that saves the newest points of the span, at most 10,000, as CSV. */
export function CsvButton({ choice, span }: { readonly choice: Choice; readonly span: Span }) {
  const { isRunning, failure, run } = useAction()
  const saveAll = async (): Promise<void> => {
    const query = {
      service_name: choice.service,
      metric_type: choice.metric,
      unit: choice.unit,
      labels: choice.labels,
      start_time: new Date(span.from).toISOString(),
      end_time: new Date(span.to).toISOString(),
      limit: MOST_POINTS,
    }
    save(`${choice.service}-${choice.metric}.csv`, await call('metrics-query.range', { query }, { accept: 'text/csv' }))
  }
  return (
    <>
      <Button disabled={isRunning} onClick={() => void run(saveAll)}>
        {isRunning ? 'Loading…' : 'CSV'}
      </Button>
      <FailureLine failure={failure} />
    </>
  )
}

/** Has the browser save a text as a file. */
function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.replaceAll(/[^\w.-]+/g, '_')
  link.click()
  URL.revokeObjectURL(url)
}
