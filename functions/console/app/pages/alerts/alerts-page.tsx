// Alerts: what is wrong now, the rules, where notifications go, and what has happened.
import type { AlertRule, NotificationChannel } from '@penstock/client/api.ts'
import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { AlertNumbers } from './alert-numbers.tsx'
import { ChannelsPanel } from './channels-panel.tsx'
import { EventsPanel } from './events-panel.tsx'
import { RuleForm } from './rule-form.tsx'
import { RulesPanel } from './rules-panel.tsx'

const EVERY_MS = 5_000
const CHANNELS_EVERY_MS = 30_000
const MOST_RULES = 100

/** The page. */
export function AlertsPage() {
  const edited = useSignal<AlertRule | 'new' | undefined>(undefined)
  const rules = useLoaded(
    'rules',
    async (signal) => await call('alerts.list', { query: { page_size: MOST_RULES } }, { signal }),
    EVERY_MS,
  )
  const channels = useLoaded(
    'channels',
    async (signal) => (await call('alerts.channels', {}, { signal })).channels,
    CHANNELS_EVERY_MS,
  )
  return (
    <Page
      title="Alerts"
      intro="A rule compares a metric with a threshold each minute. An event is open until it recovers."
    >
      {may('alerts:write') ? <Editor edited={edited} channels={channels.value ?? []} onDone={rules.reload} /> : null}
      <AlertNumbers />
      <EventsPanel rules={rules.value?.alerts ?? []} />
      <RulesPanel rules={rules} onEdit={(chosen) => (edited.value = chosen)} />
      <ChannelsPanel channels={channels} />
    </Page>
  )
}

interface EditorProps {
  readonly edited: Signal<AlertRule | 'new' | undefined>
  readonly channels: readonly NotificationChannel[]
  readonly onDone: () => void
}

/** The form of a rule, or the button that opens it. A series in the address opens it for a new rule of that series. */
function Editor({ edited, channels, onDone }: EditorProps) {
  const { service = '', metric = '' } = view.value.query
  useEffect(() => {
    if (service !== '') edited.value = 'new'
  }, [service, metric])
  const rule = edited.value
  if (rule === undefined)
    return (
      <div class="actions">
        <Button kind="primary" onClick={() => (edited.value = 'new')}>
          Make a rule
        </Button>
      </div>
    )
  const close = (): void => {
    edited.value = undefined
  }
  return (
    <RuleForm
      key={rule === 'new' ? `new ${service} ${metric}` : rule.id}
      rule={rule === 'new' ? undefined : rule}
      series={{ service, metric }}
      channels={channels}
      onClose={close}
      onDone={() => {
        close()
        onDone()
      }}
    />
  )
}
