// A question before something that cannot be undone, or a form above the page.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Button } from './button.tsx'

interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  /** Called when the reader closes it, by Escape too. */
  readonly onClose: () => void
}

/** A modal dialog. The browser holds the focus inside it and gives it back. */
function Dialog({ title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly children: ComponentChildren
  readonly action: string
  readonly isRunning: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before it does something. */
export function Confirm({ title, children, action, isRunning, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <div class="actions">
        <Button kind="danger" disabled={isRunning} onClick={onConfirm}>
          {isRunning ? 'Working…' : action}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </Dialog>
  )
}
