// The events that a rule would have had in the last week.
import type { AlertPreview, AlertRule, AlertRuleCreate } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { duration, plural, quantity } from '../../base/format.ts'
import { Moment } from '../../ui/moment.tsx'
import { Badge } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const DAY_MS = 86_400_000
const STEP_S = 120
/** So long after the last key the preview is asked for. */
const QUIET_MS = 600
const MOST_EVENTS = 10

interface PreviewProps {
  readonly rule: AlertRuleCreate | undefined
  /** The stored rule that is changed. What the form does not show of it takes part in the preview. */
  readonly kept: AlertRule | undefined
}

function keptOf(rule: AlertRule | undefined): Partial<AlertRuleCreate> {
  if (rule === undefined) return {}
  const { labels, group_by, recover_seconds, recover_value, no_data } = rule
  return { labels, group_by, recover_seconds, recover_value, no_data }
}

/** The events that the rule would have had. It is tried again when the form rests after a change. */
export function Preview({ rule, kept }: PreviewProps) {
  const typed =
    rule === undefined ? undefined : JSON.stringify({ ...rule, ...keptOf(kept), name: 'Preview', channel_ids: [] })
  const settled = useSignal<string | undefined>(undefined)
  useEffect(() => {
    const timer = setTimeout(() => (settled.value = typed), QUIET_MS)
    return () => clearTimeout(timer)
  }, [typed])
  const loaded = useLoaded(settled.value, async (signal) => {
    const now = Date.now()
    const body = {
      rule: JSON.parse(settled.value ?? '') as AlertRuleCreate,
      start_time: new Date(now - 7 * DAY_MS).toISOString(),
      end_time: new Date(now).toISOString(),
      step_seconds: STEP_S,
    }
    return await call('metrics-query.preview', { body }, { signal })
  })
  if (typed === undefined)
    return <p class="note">Service, metric and threshold are enough to try the rule on the last week.</p>
  return (
    <div class="preview" aria-live="polite">
      <Shown of={loaded} rows={2}>
        {(preview) => <Outcome preview={preview} />}
      </Shown>
    </div>
  )
}

function Outcome({ preview: { events, flapping } }: { readonly preview: AlertPreview }) {
  return (
    <>
      <p>
        {events.length === 0
          ? 'In the last week it would not have fired.'
          : `In the last week it would have fired ${events.length === 1 ? 'once' : `${events.length} times`}.`}{' '}
        {flapping ? <Badge tone="warning">flapping</Badge> : null}
      </p>
      {events.length === 0 ? null : (
        <Table
          label="Events in the last week"
          rows={events.slice(-MOST_EVENTS).toReversed()}
          keyOf={({ triggered_at, group }) => `${triggered_at} ${group}`}
          columns={[
            { head: 'Fired', cell: ({ triggered_at }) => <Moment at={triggered_at} /> },
            { head: 'For', cell: lengthOf },
            { head: 'Value', cell: ({ metric_value: v }) => (v === null ? 'no data' : quantity(v)), isNumber: true },
            { head: 'Group', cell: ({ group }) => group ?? '–', isMinor: true },
          ]}
        />
      )}
      {events.length > MOST_EVENTS ? (
        <p class="note">and {plural(events.length - MOST_EVENTS, 'earlier event')}</p>
      ) : null}
    </>
  )
}

const lengthOf = ({ triggered_at, resolved_at }: AlertPreview['events'][number]): string =>
  resolved_at === null ? 'still open' : duration((Date.parse(resolved_at) - Date.parse(triggered_at)) / 1000)
