// Text to copy: commands, keys, links.
import { useSignal } from '@preact/signals'
import { Button } from './button.tsx'

const SHOWN_MS = 2_000

/** A button that copies a text and says that it did. */
function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const said = useSignal('')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      said.value = 'Copied'
    } catch {
      said.value = 'Select the text and copy it'
    }
    setTimeout(() => (said.value = ''), SHOWN_MS)
  }
  return (
    <Button kind="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{said.value === '' ? label : said.value}</span>
    </Button>
  )
}

/** A command or a file to copy. */
export function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div class="code">
      <pre role="region" aria-label={label} tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} />
    </div>
  )
}
