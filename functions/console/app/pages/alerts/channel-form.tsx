// Makes a channel that notifications are sent to.
import type { NotificationChannelCreate, NotificationChannelWithSecret } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Field, Select } from '../../ui/field.tsx'
import { FailureLine } from '../../ui/states.tsx'

type ChannelType = NotificationChannelCreate['type']

/** The types of channels with the name of the field that says where a message goes. */
const TARGETS = {
  email: { property: 'address', text: 'E-mail', label: 'Address', placeholder: 'on-call@example.com' },
  slack: { property: 'url', text: 'Slack', label: 'Webhook URL', placeholder: 'https://hooks.slack.com/services/…' },
  webhook: { property: 'url', text: 'Webhook', label: 'URL', placeholder: 'https://example.com/alerts' },
  sms: { property: 'to', text: 'SMS', label: 'Number', placeholder: '+4366012345678' },
} as const satisfies Record<ChannelType, object>

const TYPES: readonly (readonly [ChannelType, string])[] = [
  ['email', TARGETS.email.text],
  ['slack', TARGETS.slack.text],
  ['webhook', TARGETS.webhook.text],
  ['sms', TARGETS.sms.text],
]

interface ChannelFormProps {
  readonly onMade: (channel: NotificationChannelWithSecret) => void
  readonly onClose: () => void
}

/** The form of a new channel. */
export function ChannelForm({ onMade, onClose }: ChannelFormProps) {
  const type = useSignal<ChannelType>('email')
  const name = useSignal('')
  const target = useSignal('')
  const { isRunning, failure, run } = useAction()
  const { property, label, placeholder } = TARGETS[type.value]
  const isReady = name.value.trim() !== '' && target.value.trim() !== ''
  const make = async (): Promise<void> => {
    const body = { type: type.value, name: name.value.trim(), [property]: target.value.trim() }
    onMade(await call('alerts.createChannel', { body }))
  }
  return (
    <form
      class="panel-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) void run(make)
      }}
    >
      <div class="form-row">
        <Select label="Type" value={type.value} options={TYPES} onChange={(chosen) => (type.value = chosen)} />
        <Field
          label="Channel name"
          value={name.value}
          maxLength={100}
          autoFocus
          onInput={(typed) => (name.value = typed)}
        />
        <Field
          label={label}
          value={target.value}
          placeholder={placeholder}
          maxLength={2_000}
          spellcheck={false}
          onInput={(typed) => (target.value = typed)}
        />
      </div>
      <div class="actions">
        <Button kind="primary" type="submit" disabled={!isReady || isRunning}>
          {isRunning ? 'Making…' : 'Make the channel'}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
      <FailureLine failure={failure} />
    </form>
  )
}
