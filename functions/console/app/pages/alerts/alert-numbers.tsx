// The last 30 days in numbers.
import type { AlertAnalytics } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count, duration } from '../../base/format.ts'
import { Facts } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'

const EVERY_MS = 30_000
const MINUTE_S = 60

/** Shows the number of alerts, and the time that they lasted. */
export function AlertNumbers() {
  const loaded = useLoaded('analytics', async (signal) => await call('alerts.analytics', {}, { signal }), EVERY_MS)
  return (
    <Shown of={loaded} rows={2}>
      {(numbers) => <Numbers numbers={numbers} />}
    </Shown>
  )
}

function Numbers({ numbers }: { readonly numbers: AlertAnalytics }) {
  const { active_alerts, total_alerts, resolved_alerts, mean_time_to_resolution_minutes: mean } = numbers
  const [loudest] = numbers.alert_frequency_by_service
  return (
    <Facts
      facts={[
        { name: 'Open', value: count(active_alerts), tone: active_alerts > 0 ? 'critical' : 'ok' },
        { name: 'In 30 days', value: count(total_alerts), note: `${count(resolved_alerts)} resolved` },
        { name: 'Mean time to resolution', value: mean === null ? 'none yet' : duration(mean * MINUTE_S) },
        {
          name: 'Most alerts',
          value: loudest ? count(loudest.total_alerts) : '0',
          note: loudest ? loudest.service_name : 'no service had one',
        },
      ]}
    />
  )
}
