// Events of rules: the open ones, or all of them.
import type { AlertEvent, AlertRule } from '@penstock/client/api.ts'
import { useAction } from '../../api/action.ts'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { exactly, quantity } from '../../base/format.ts'
import { changeQuery, view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Panel } from '../../ui/page.tsx'
import { Empty, FailureLine, Shown } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'

const EVERY_MS = 5_000
const MOST_EVENTS = 50

const FILTERS = [
  ['open', 'Open'],
  ['all', 'All'],
] as const

/** The panel of events. */
export function EventsPanel({ rules }: { readonly rules: readonly AlertRule[] }) {
  const shown = FILTERS.find(([name]) => name === view.value.query['events'])?.[0] ?? 'open'
  const loaded = useLoaded(
    `events ${shown}`,
    async (signal) => {
      const query = { page_size: MOST_EVENTS, ...(shown === 'open' ? { resolved: false } : {}) }
      return await call('alerts.history', { query }, { signal })
    },
    EVERY_MS,
  )
  const names = new Map(rules.map(({ id, name }) => [id, name]))
  return (
    <Panel title="Events" note="newest first">
      <Tabs
        label="Which events"
        names={FILTERS}
        chosen={shown}
        onChoose={(name) => changeQuery({ events: name }, { replace: true })}
      />
      <Shown of={loaded} rows={3}>
        {({ history, total }) =>
          history.length === 0 ? (
            <Empty title={shown === 'open' ? 'Nothing is wrong' : 'No rule has fired yet'}>
              <p>{rules.length === 0 ? 'There are no rules yet. Make one above.' : 'The list renews itself.'}</p>
            </Empty>
          ) : (
            <>
              <ul class="jobs">
                {history.map((event) => (
                  <Event
                    key={event.id}
                    event={event}
                    rule={names.get(event.alert_config_id)}
                    onChange={loaded.reload}
                  />
                ))}
              </ul>
              {total > history.length ? (
                <p class="note">
                  The newest {history.length} of {exactly(total)}. Older ones are in the API.
                </p>
              ) : null}
            </>
          )
        }
      </Shown>
    </Panel>
  )
}

interface EventProps {
  readonly event: AlertEvent
  readonly rule: string | undefined
  readonly onChange: () => void
}

function Event({ event, rule, onChange }: EventProps) {
  const { id, severity, group, message, triggered_at, resolved_at, metric_value: value } = event
  return (
    <li class="job">
      <div class="job-head">
        <Badge tone={severity}>{severity}</Badge>
        <strong class="job-name">{rule ?? 'A rule of an earlier page'}</strong>
        {group === null ? null : <span class="note">{group}</span>}
        <span class="note job-when">
          <Moment at={triggered_at} relative />
        </span>
        {resolved_at === null ? <Resolve id={id} name={rule ?? message} onChange={onChange} /> : null}
      </div>
      <p class="said-text">{message}</p>
      <p class="note job-facts">
        <span>
          {value === null ? 'no value' : quantity(value)} against {quantity(event.threshold_value)}
        </span>
        <span>
          {event.notification_sent ? `sent by ${event.notification_channels.join(', ')}` : 'nobody was notified'}
        </span>
        <span>
          {resolved_at === null ? (
            'open'
          ) : (
            <>
              resolved <Moment at={resolved_at} relative /> {howOf(event)}
            </>
          )}
        </span>
      </p>
    </li>
  )
}

function howOf({ resolution_method, resolved_by, comment }: AlertEvent): string {
  const how = resolution_method === 'manual' ? `by ${resolved_by ?? 'hand'}` : `(${resolution_method ?? 'auto'})`
  return comment === null || comment === '' ? how : `${how}: ${comment}`
}

interface ResolveProps {
  readonly id: string
  readonly name: string
  readonly onChange: () => void
}

function Resolve({ id, name, onChange }: ResolveProps) {
  const { isRunning, failure, run } = useAction()
  if (!may('alerts:write')) return null
  const resolve = async (): Promise<void> => {
    await call('alerts.resolve', { path: { id }, body: {} })
    onChange()
  }
  return (
    <>
      <Button kind="quiet" disabled={isRunning} label={`Resolve ${name}`} onClick={() => void run(resolve)}>
        Resolve
      </Button>
      <FailureLine failure={failure} />
    </>
  )
}
