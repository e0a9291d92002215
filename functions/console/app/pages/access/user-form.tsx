// Registers a user.
import type { User } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Field, Select } from '../../ui/field.tsx'
import { Panel } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'
import { ROLES } from './roles.ts'

/** A button that opens the form, and the form. */
export function UserForm({ onMade }: { readonly onMade: () => void }) {
  const isOpen = useSignal(false)
  const close = (): void => {
    isOpen.value = false
  }
  if (isOpen.value) return <Form onMade={onMade} onClose={close} />
  return (
    <div class="actions">
      <Button kind="primary" onClick={() => (isOpen.value = true)}>
        Register a user
      </Button>
    </div>
  )
}

interface FormProps {
  readonly onMade: () => void
  readonly onClose: () => void
}

function Form({ onMade, onClose }: FormProps) {
  const [subject, email, name] = [useSignal(''), useSignal(''), useSignal('')]
  const role = useSignal<User['role']>('viewer')
  const { isRunning, failure, run } = useAction()
  const isReady = subject.value.trim() !== '' && email.value.includes('@')
  const register = async (): Promise<void> => {
    const named = name.value.trim() === '' ? {} : { display_name: name.value.trim() }
    const body = { subject: subject.value.trim(), email: email.value.trim(), role: role.value, ...named }
    await call('identity.createUser', { body })
    onClose()
    onMade()
  }
  return (
    <Panel title="Register a user">
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) void run(register)
        }}
      >
        <Field
          label="Subject of the tokens"
          value={subject.value}
          maxLength={100}
          autoFocus
          onInput={(typed) => (subject.value = typed)}
        />
        <Field label="E-mail" value={email.value} maxLength={254} onInput={(typed) => (email.value = typed)} />
        <Field label="Name" value={name.value} maxLength={100} onInput={(typed) => (name.value = typed)} />
        <Select label="Role" value={role.value} options={ROLES} onChange={(chosen) => (role.value = chosen)} />
        <div class="actions">
          <Button kind="primary" type="submit" disabled={!isReady || isRunning}>
            {isRunning ? 'Registering…' : 'Register'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
      <FailureLine failure={failure} />
    </Panel>
  )
}
