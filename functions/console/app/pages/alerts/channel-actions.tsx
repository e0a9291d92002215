// Buttons of a channel: send a test, switch it off or on, delete it.
import type { NotificationChannel } from '@penstock/client/api.ts'
import { call } from '../../api/suite.ts'
import { ItemActions } from './item-actions.tsx'

interface ChannelActionsProps {
  readonly channel: NotificationChannel
  readonly onChange: () => void
}

/** The buttons of a channel. */
export function ChannelActions({ channel, onChange }: ChannelActionsProps) {
  const { id, enabled, version } = channel
  const path = { id }
  const request = { path, header: { 'If-Match': `"${version}"` } }
  return (
    <ItemActions
      item={channel}
      first={{
        text: 'Send a test',
        label: 'Send a test to',
        work: async () => await call('alerts.testChannel', { path }),
      }}
      onSwitch={async () => await call('alerts.changeChannel', { ...request, body: { enabled: !enabled } })}
      onDelete={async () => await call('alerts.removeChannel', request)}
      onChange={onChange}
    >
      <p>Rules that name this channel notify nobody through it any more. This cannot be undone.</p>
    </ItemActions>
  )
}
