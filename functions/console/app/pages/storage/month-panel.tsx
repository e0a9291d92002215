// One month: its objects in the archive, and what an operator can do with it.
import type { ArchivedObject, ArchiveVerification, MonthOnMap } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { bytes, count, exactly, monthName } from '../../base/format.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Panel } from '../../ui/page.tsx'
import { FailureLine, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { STATES } from './month-grid.tsx'

interface MonthPanelProps {
  readonly month: MonthOnMap
  readonly tenant: string
  readonly onChange: () => void
}

const MOST_OBJECTS = 200

/** The panel of the chosen month. */
export function MonthPanel({ month, tenant, onChange }: MonthPanelProps) {
  const { month: day, state, objects } = month
  const filter = { month: day, ...(tenant === '' ? {} : { tenant }) }
  const list = useLoaded(`objects ${day} ${tenant} ${state}`, async (signal) => {
    return await call('retention.archives', { query: { ...filter, limit: MOST_OBJECTS } }, { signal })
  })
  return (
    <Panel title={monthName(day)} note={STATES[state]?.[1] ?? state}>
      {objects > 0 ? <Verify filter={filter} /> : null}
      {state === 'dropped' ? <Reopen day={day} onChange={onChange} /> : null}
      <Shown of={list} rows={2}>
        {(found) =>
          found.length === 0 ? (
            <p class="quiet">This month has no objects in the archive. Its points are in the database.</p>
          ) : (
            <Objects objects={found} />
          )
        }
      </Shown>
    </Panel>
  )
}

function Objects({ objects }: { readonly objects: readonly ArchivedObject[] }) {
  return (
    <>
      <Table
        label="Objects"
        rows={objects}
        keyOf={({ uri, generation }) => `${uri}#${generation}`}
        columns={[
          { head: 'Tenant', cell: ({ tenant }) => tenant },
          { head: 'Data', cell: ({ dataset }) => dataset },
          {
            head: 'State',
            cell: ({ state, held }) => (
              <Badge tone={held ? 'warning' : 'quiet'}>{held ? `${state}, held` : state}</Badge>
            ),
          },
          { head: 'Rows', cell: ({ rows }) => exactly(rows), isNumber: true },
          { head: 'Size', cell: ({ size_bytes }) => bytes(size_bytes), isNumber: true },
          { head: 'Written', cell: ({ written_at }) => <Moment at={written_at} relative /> },
          { head: 'Object', cell: ({ uri }) => <span class="mono">{uri}</span>, isWide: true },
        ]}
      />
      {objects.length === MOST_OBJECTS ? <p class="note">The first {MOST_OBJECTS} objects.</p> : null}
    </>
  )
}

/** Reads every object of the month and compares it with its record. */
function Verify({ filter }: { readonly filter: { readonly month: string; readonly tenant?: string } }) {
  const { isRunning, failure, run } = useAction()
  const result = useSignal<ArchiveVerification | undefined>(undefined)
  const verify = async (): Promise<void> => {
    let [checked, findings]: [number, ArchiveVerification['findings']] = [0, []]
    for (let after: string | null = null, isMore = true; isMore; ) {
      const part: ArchiveVerification = await call('retention.verify', { body: { ...filter, after } })
      checked += part.checked
      findings = [...findings, ...part.findings]
      result.value = { ...part, checked, findings, ok: findings.length === 0 }
      after = part.next
      isMore = part.more
    }
  }
  return (
    <div class="action-line">
      <Button disabled={isRunning} onClick={() => void run(verify)}>
        {isRunning ? 'Verifying…' : 'Verify the objects'}
      </Button>
      {result.value ? (
        <span role="status">
          <Badge tone={result.value.ok ? 'ok' : 'critical'}>{result.value.ok ? 'intact' : 'damaged'}</Badge>{' '}
          {count(result.value.checked)} read from their first byte to their last
        </span>
      ) : null}
      {result.value?.findings.map(({ uri, code, detail }) => (
        <p key={`${uri} ${code}`} class="job-error">
          {code}: {detail} <span class="mono">{uri}</span>
        </p>
      ))}
      <FailureLine failure={failure} />
    </div>
  )
}

/** Brings the month back into the database. */
function Reopen({ day, onChange }: { readonly day: string; readonly onChange: () => void }) {
  const { isRunning, failure, run } = useAction()
  const [isAsking, done] = [useSignal(false), useSignal('')]
  const reopen = async (): Promise<void> => {
    const { restored, merged } = await call('retention.reopen', { body: { month: day } })
    done.value = `${exactly(restored)} points are back in the database, and ${exactly(merged)} that arrived later.`
    onChange()
  }
  return (
    <div class="action-line">
      <Button onClick={() => (isAsking.value = true)}>Bring it back into the database</Button>
      {done.value === '' ? null : <span role="status">{done.value}</span>}
      <FailureLine failure={failure} />
      {isAsking.value ? (
        <Confirm
          title={`Bring back ${monthName(day)}?`}
          action="Bring it back"
          isRunning={isRunning}
          onConfirm={() => void run(reopen).then(() => (isAsking.value = false))}
          onClose={() => (isAsking.value = false)}
        >
          <p>
            Its points are read from the archive and stored in the database for every tenant. That takes space and some
            minutes. The next run of retention archives it again.
          </p>
        </Confirm>
      ) : null}
    </div>
  )
}
