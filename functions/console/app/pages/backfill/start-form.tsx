// Starts a backfill job.
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Panel } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'

const BLOCK = /^\d{1,19}$/

/** A button that opens the form, and the form. */
export function StartForm({ onStarted }: { readonly onStarted: () => void }) {
  const isOpen = useSignal(false)
  const [type, first, last] = [useSignal(''), useSignal('0'), useSignal('')]
  const { isRunning, failure, run } = useAction()
  const isReady = type.value.trim() !== '' && BLOCK.test(first.value) && BLOCK.test(last.value)
  if (!isOpen.value)
    return (
      <div class="actions">
        <Button kind="primary" onClick={() => (isOpen.value = true)}>
          Start a job
        </Button>
      </div>
    )
  const start = async (): Promise<void> => {
    const body = { job_type: type.value.trim(), start_block: BigInt(first.value), end_block: BigInt(last.value) }
    await call('backfill.start', { body })
    isOpen.value = false
    onStarted()
  }
  return (
    <Panel title="Start a job">
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) void run(start)
        }}
      >
        <Field label="Type" value={type.value} maxLength={50} autoFocus onInput={(value) => (type.value = value)} />
        <Field label="First block" value={first.value} onInput={(value) => (first.value = value.trim())} />
        <Field label="Last block" value={last.value} onInput={(value) => (last.value = value.trim())} />
        <div class="actions">
          <Button kind="primary" type="submit" disabled={!isReady || isRunning}>
            {isRunning ? 'Starting…' : 'Start'}
          </Button>
          <Button onClick={() => (isOpen.value = false)}>Cancel</Button>
        </div>
      </form>
      <FailureLine failure={failure} />
    </Panel>
  )
}
