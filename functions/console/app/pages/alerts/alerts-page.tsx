// Alerts: what is wrong now, the rules, and what has happened.
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { Page } from '../../ui/page.tsx'
import { AlertNumbers } from './alert-numbers.tsx'
import { EventsPanel } from './events-panel.tsx'
import { RuleForm } from './rule-form.tsx'
import { RulesPanel } from './rules-panel.tsx'

const EVERY_MS = 5_000
const MOST_RULES = 100

/** The page. */
export function AlertsPage() {
  const rules = useLoaded(
    'rules',
    async (signal) => await call('alerts.list', { query: { page_size: MOST_RULES } }, { signal }),
    EVERY_MS,
  )
  return (
    <Page
      title="Alerts"
      intro="A rule compares a metric with a threshold each minute. An event is open until it recovers."
    >
      <AlertNumbers />
      {may('alerts:write') ? <RuleForm onMade={rules.reload} /> : null}
      <EventsPanel rules={rules.value?.alerts ?? []} />
      <RulesPanel rules={rules} />
    </Page>
  )
}
