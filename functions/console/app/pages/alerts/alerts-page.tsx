// Alerts: what is wrong now, the rules, where notifications go, and what has happened.
import type { AlertRule } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
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

/** The page. A series in the address opens the form of a new rule for it. */
export function AlertsPage() {
  const { service = '', metric = '' } = view.value.query
  const edited = useSignal<AlertRule | 'new' | undefined>(undefined)
  useEffect(() => {
    if (service !== '') edited.value = 'new'
  }, [service, metric])
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
  const close = (): void => {
    edited.value = undefined
  }
  const rule = edited.value
  return (
    <Page
      title="Alerts"
      intro="A rule compares a metric with a threshold each minute. An event is open until it recovers."
    >
      {may('alerts:write') && rule === undefined ? (
        <div class="actions">
          <Button kind="primary" onClick={() => (edited.value = 'new')}>
            Make a rule
          </Button>
        </div>
      ) : null}
      {rule === undefined ? null : (
        <RuleForm
          key={rule === 'new' ? `new ${service} ${metric}` : rule.id}
          rule={rule === 'new' ? undefined : rule}
          series={{ service, metric }}
          channels={channels.value ?? []}
          onClose={close}
          onDone={() => {
            close()
            rules.reload()
          }}
        />
      )}
      <AlertNumbers />
      <EventsPanel rules={rules.value?.alerts ?? []} />
      <RulesPanel rules={rules} onEdit={(chosen) => (edited.value = chosen)} />
      <ChannelsPanel channels={channels} />
    </Page>
  )
}
