// Buttons of a rule or a channel: one of its own, one that switches it on or off, and one that deletes it after a question.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useAction } from '../../api/action.ts'
import { may } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { FailureLine } from '../../ui/states.tsx'

type Work = () => Promise<unknown>

interface ItemActionsProps {
  readonly item: { readonly name: string; readonly enabled: boolean }
  /** The text of the first button, which the item's name completes, and what it does. */
  readonly first: { readonly text: string; readonly label: string; readonly work: Work }
  readonly onSwitch: Work
  readonly onDelete: Work
  /** Called after each success. */
  readonly onChange: () => void
  /** The consequences of deleting it. */
  readonly children: ComponentChildren
}

/** The buttons; none for a caller that may not change alerts. */
export function ItemActions({
  item: { name, enabled },
  first,
  onSwitch,
  onDelete,
  onChange,
  children,
}: ItemActionsProps) {
  const { isRunning, failure, run, clear } = useAction()
  const isAsking = useSignal(false)
  if (!may('alerts:write')) return null
  const close = (): void => {
    isAsking.value = false
    clear()
  }
  const start = (work: Work) => () =>
    void run(async () => {
      await work()
      isAsking.value = false
      onChange()
    })
  const remove = start(onDelete)
  const onOrOff = enabled ? 'off' : 'on'
  const buttons = [
    { text: first.text, label: `${first.label} ${name}`, onClick: start(first.work) },
    { text: `Switch ${onOrOff}`, label: `Switch ${name} ${onOrOff}`, onClick: start(onSwitch) },
    { text: 'Delete', label: `Delete ${name}`, onClick: () => (isAsking.value = true) },
  ]
  const line = <FailureLine failure={failure} />
  return (
    <>
      <span class="row-actions">
        {buttons.map(({ text, label, onClick }) => (
          <Button key={label} kind="quiet" disabled={isRunning} label={label} onClick={onClick}>
            {text}
          </Button>
        ))}
      </span>
      {isAsking.value ? (
        <Confirm title={`Delete ${name}?`} action="Delete" isRunning={isRunning} onConfirm={remove} onClose={close}>
          {children}
          {line}
        </Confirm>
      ) : (
        line
      )}
    </>
  )
}
