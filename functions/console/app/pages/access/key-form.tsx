// Makes an API key.
import type { MadeApiKey } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { me } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Check, Field, Select } from '../../ui/field.tsx'
import { Panel } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'

const LIVES = [
  ['', 'never'],
  ['30', 'in 30 days'],
  ['90', 'in 90 days'],
  ['365', 'in a year'],
] as const
type Life = (typeof LIVES)[number][0]

/** A button that opens the form, and the form. The scopes are those of the reader. */
export function KeyForm({ onMade }: { readonly onMade: (key: MadeApiKey) => void }) {
  const isOpen = useSignal(false)
  if (!isOpen.value)
    return (
      <div class="actions">
        <Button kind="primary" onClick={() => (isOpen.value = true)}>
          Make a key
        </Button>
      </div>
    )
  const close = (): void => {
    isOpen.value = false
  }
  return (
    <Form
      onClose={close}
      onMade={(key) => {
        close()
        onMade(key)
      }}
    />
  )
}

interface FormProps {
  readonly onMade: (key: MadeApiKey) => void
  readonly onClose: () => void
}

function Form({ onMade, onClose }: FormProps) {
  const name = useSignal('')
  const life = useSignal<Life>('90')
  const scopes = useSignal<ReadonlySet<string>>(new Set())
  const { isRunning, failure, run } = useAction()
  const isReady = name.value.trim() !== '' && scopes.value.size > 0
  const make = async (): Promise<void> => {
    const days = life.value === '' ? {} : { expires_in_days: Number(life.value) }
    const body = { name: name.value.trim(), scopes: [...scopes.value], ...days }
    onMade(await call('identity.createKey', { body }))
  }
  return (
    <Panel title="Make a key">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) void run(make)
        }}
      >
        <div class="form-row">
          <Field label="Name" value={name.value} maxLength={100} autoFocus onInput={(typed) => (name.value = typed)} />
          <Select label="Expires" value={life.value} options={LIVES} onChange={(chosen) => (life.value = chosen)} />
        </div>
        <ScopeChecks chosen={scopes.value} onChange={(chosen) => (scopes.value = chosen)} />
        <div class="actions">
          <Button kind="primary" type="submit" disabled={!isReady || isRunning}>
            {isRunning ? 'Making…' : 'Make the key'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
      <FailureLine failure={failure} />
    </Panel>
  )
}

interface ScopeChecksProps {
  readonly chosen: ReadonlySet<string>
  readonly onChange: (chosen: ReadonlySet<string>) => void
}

const ScopeChecks = ({ chosen, onChange }: ScopeChecksProps) => (
  <fieldset class="choices">
    <legend>Scopes</legend>
    {(me.value?.scopes ?? []).map((scope) => (
      <Check
        key={scope}
        label={scope}
        checked={chosen.has(scope)}
        onChange={(checked) => onChange(new Set(checked ? [...chosen, scope] : [...chosen].filter((s) => s !== scope)))}
      />
    ))}
  </fieldset>
)
