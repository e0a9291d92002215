// Channels: where notifications go, each with what was last sent to it and a button that sends a test.
import type { AlertNotification, NotificationChannel, NotificationChannelWithSecret } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { type Loaded, useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { ChannelActions } from './channel-actions.tsx'
import { ChannelForm } from './channel-form.tsx'

const EVERY_MS = 10_000
const MOST_SENT = 200

/** The panel of channels. */
export function ChannelsPanel({ channels }: { readonly channels: Loaded<readonly NotificationChannel[]> }) {
  const isOpen = useSignal(false)
  const made = useSignal<NotificationChannelWithSecret | undefined>(undefined)
  const sent = useLoaded(
    'notifications',
    async (signal) => (await call('alerts.notifications', { query: { limit: MOST_SENT } }, { signal })).notifications,
    EVERY_MS,
  )
  const close = (): void => {
    isOpen.value = false
  }
  const change = (): void => {
    channels.reload()
    sent.reload()
  }
  const isOffered = may('alerts:write') && !isOpen.value
  return (
    <Panel
      title="Channels"
      note="where notifications go"
      actions={isOffered ? <Button onClick={() => (isOpen.value = true)}>Make a channel</Button> : undefined}
    >
      {isOpen.value ? (
        <ChannelForm
          onClose={close}
          onMade={(channel) => {
            made.value = channel.secret === undefined ? undefined : channel
            close()
            change()
          }}
        />
      ) : null}
      {made.value === undefined ? null : <Secret channel={made.value} onClose={() => (made.value = undefined)} />}
      <Shown of={channels} rows={2}>
        {(list) => <List channels={list} sent={sent.value ?? []} onChange={change} />}
      </Shown>
    </Panel>
  )
}

interface ListProps {
  readonly channels: readonly NotificationChannel[]
  readonly sent: readonly AlertNotification[]
  readonly onChange: () => void
}

function List({ channels, sent, onChange }: ListProps) {
  if (channels.length === 0)
    return (
      <Empty title="There are no channels yet">
        <p>Without a channel, rules open events here and send no notification.</p>
      </Empty>
    )
  return (
    <ul class="jobs">
      {channels.map((channel) => (
        <Channel
          key={channel.id}
          channel={channel}
          last={sent.find(({ channel_id: of }) => of === channel.id)}
          onChange={onChange}
        />
      ))}
    </ul>
  )
}

interface SecretProps {
  readonly channel: NotificationChannelWithSecret
  readonly onClose: () => void
}

const Secret = ({ channel: { name, secret = '' }, onClose }: SecretProps) => (
  <div class="secret">
    <p>
      The receiver of <strong>{name}</strong> checks signatures with this secret. Copy it now: it cannot be shown again.
    </p>
    <Code text={secret} label="The secret" />
    <Button onClick={onClose}>I have stored it</Button>
  </div>
)

interface ChannelProps {
  readonly channel: NotificationChannel
  readonly last: AlertNotification | undefined
  readonly onChange: () => void
}

function Channel({ channel, last, onChange }: ChannelProps) {
  const { name, type, hint, enabled, last_error } = channel
  return (
    <li class="job">
      <div class="job-head">
        <strong class="job-name">{name}</strong>
        <Badge tone={enabled ? 'info' : 'quiet'}>{enabled ? type : `${type}, off`}</Badge>
        <span class="note job-when">{last === undefined ? 'nothing sent yet' : <LastSent last={last} />}</span>
        <ChannelActions channel={channel} onChange={onChange} />
      </div>
      <p class="note job-facts">
        <span>{hint}</span>
      </p>
      {last_error === null ? null : <p class="job-error">The latest message failed: {last_error}</p>}
    </li>
  )
}

const WORDS: Readonly<Record<AlertNotification['state'], string>> = {
  pending: 'waits to be sent since',
  leased: 'is being sent since',
  sent: 'sent',
  failed: 'failed',
}

const LastSent = ({ last: { kind, state, sent_at, created_at } }: { readonly last: AlertNotification }) => (
  <>
    {kind === 'test' ? 'test' : 'message'} {WORDS[state]} <Moment at={sent_at ?? created_at} relative />
  </>
)
