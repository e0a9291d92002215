// Shows how to send a first point, and turns into the chart of that point when it arrives.
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { may, ownCredential } from '../../api/session.ts'
import { settings } from '../../api/settings.ts'
import { call } from '../../api/suite.ts'
import { changeQuery, hrefOf, view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { Field } from '../../ui/field.tsx'
import { Page, Panel } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useArrival } from './arrival.ts'
import { LiveChart } from './live-chart.tsx'
import { METRIC, snippets } from './snippets.ts'

const NAMES = snippets.map(({ name, title }) => [name, title] as const)

/** The page. */
export function SendPage() {
  const service = useSignal('my-first-service')
  const arrival = useArrival(service.value)
  if (arrival.series)
    return (
      <Page
        title="Your point has arrived"
        intro="It is stored. The chart grows with each further one."
        actions={
          <a href={hrefOf('send')} onClick={() => location.reload()}>
            Other ways to send
          </a>
        }
      >
        <LiveChart series={arrival.series} />
      </Page>
    )
  return (
    <Page
      title="Send a first point"
      intro="Choose how. The page watches, and shows the chart as soon as a point is stored."
    >
      <Panel>
        <How service={service.value} onService={(name) => (service.value = name)} />
      </Panel>
      <p class="watching" role="status">
        <span class="pulse" aria-hidden="true" />{' '}
        {arrival.isAsking
          ? 'Watching for new points…'
          : 'The suite does not answer at the moment; the page asks again by itself.'}
      </p>
    </Page>
  )
}

interface HowProps {
  readonly service: string
  readonly onService: (name: string) => void
}

function How({ service, onService }: HowProps) {
  const chosen = snippets.find(({ name }) => name === view.value.query['by']) ?? snippets[0]
  const { baseUrl, urls } = settings()
  const sender = { url: urls['metrics-ingest'] ?? baseUrl, key: ownCredential(), service: safeName(service) }
  return (
    <>
      <Tabs label="By" names={NAMES} chosen={chosen.name} onChoose={(by) => changeQuery({ by }, { replace: true })} />
      <p class="how">{chosen.how}</p>
      <Code label={`${chosen.title}: how to send`} text={chosen.text(sender)} />
      <p class="note">
        It contains{' '}
        {sender.key === undefined ? 'no key, because this suite asks for none' : 'your own key: do not share it'}.
      </p>
      {may('metrics:write') ? (
        <div class="form-row">
          <Field label="Name of the service" value={service} maxLength={100} onInput={onService} />
          <SendNow service={sender.service} />
        </div>
      ) : (
        <p class="hint">This credential may not write. Take a key with the scope metrics:write for the command.</p>
      )}
    </>
  )
}

/** Only what needs no quotes in a shell, in JSON and in Python. */
const safeName = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-') || 'my-first-service'

/** Sends a point from the page itself, for readers without a terminal. */
function SendNow({ service }: { readonly service: string }) {
  const { isRunning, failure, run } = useAction()
  const sendPoint = async (): Promise<void> => {
    const value = Math.round((18 + Math.random() * 6) * 100) / 100
    await call('metrics-ingest.one', {
      body: { service_name: service, metric_type: METRIC, metric_value: value, unit: 'C' },
    })
  }
  return (
    <div class="actions">
      <Button kind="primary" disabled={isRunning} onClick={() => void run(sendPoint)}>
        {isRunning ? 'Sending…' : 'Send a point from this page'}
      </Button>
      <FailureLine failure={failure} />
    </div>
  )
}
