// Buttons of a channel: send a test, switch it off or on, delete it.
import type { NotificationChannel } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { FailureLine } from '../../ui/states.tsx'

interface ChannelActionsProps {
  readonly channel: NotificationChannel
  readonly onChange: () => void
}

/** The buttons of a channel. */
export function ChannelActions({ channel: { id, name, enabled, version }, onChange }: ChannelActionsProps) {
  const { isRunning, failure, run, clear } = useAction()
  const isAsking = useSignal(false)
  if (!may('alerts:write')) return null
  const request = { path: { id }, header: { 'If-Match': `"${version}"` } }
  const start = (work: () => Promise<unknown>) => () =>
    void run(async () => {
      await work()
      isAsking.value = false
      onChange()
    })
  const test = start(async () => await call('alerts.testChannel', { path: { id } }))
  const change = start(async () => await call('alerts.changeChannel', { ...request, body: { enabled: !enabled } }))
  const remove = start(async () => await call('alerts.removeChannel', request))
  const close = (): void => {
    isAsking.value = false
    clear()
  }
  const onOrOff = enabled ? 'off' : 'on'
  return (
    <>
      <span class="row-actions">
        <Button kind="quiet" disabled={isRunning} label={`Send a test to ${name}`} onClick={test}>
          Send a test
        </Button>
        <Button kind="quiet" disabled={isRunning} label={`Switch ${name} ${onOrOff}`} onClick={change}>
          Switch {onOrOff}
        </Button>
        <Button kind="quiet" disabled={isRunning} label={`Delete ${name}`} onClick={() => (isAsking.value = true)}>
          Delete
        </Button>
      </span>
      {isAsking.value ? (
        <Confirm title={`Delete ${name}?`} action="Delete" isRunning={isRunning} onConfirm={remove} onClose={close}>
          <p>Rules that name this channel notify nobody through it any more. This cannot be undone.</p>
          <FailureLine failure={failure} />
        </Confirm>
      ) : (
        <FailureLine failure={failure} />
      )}
    </>
  )
}
