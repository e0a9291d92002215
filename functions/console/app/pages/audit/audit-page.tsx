// The audit log: each change with its author and the columns before and after.
import type { AuditEntry, AuditVerification } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count } from '../../base/format.ts'
import { changeQuery, view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Page, Panel, type Tone } from '../../ui/page.tsx'
import { Empty, FailureLine, Shown } from '../../ui/states.tsx'

const EVERY_MS = 30_000
const MOST_ENTRIES = 100

/** The page. */
export function AuditPage() {
  const { action = '' } = view.value.query
  const entries = useLoaded(
    `audit ${action}`,
    async (signal) => {
      const query = { limit: MOST_ENTRIES, ...(action === '' ? {} : { action }) }
      return await call('audit.entries', { query }, { signal })
    },
    EVERY_MS,
  )
  return (
    <Page
      title="Audit"
      intro="Who changed what. Entries are sealed by hashes, so a changed one is found."
      actions={<Verify />}
    >
      <ActionFilter key={action} action={action} />
      <Panel title="Entries" note="newest first">
        <Shown of={entries} rows={6}>
          {(list) =>
            list.length === 0 ? (
              <Empty title="There is no entry">
                <p>
                  Each change of a key, a user, a rule or a job is recorded here. Check the action if you chose one.
                </p>
              </Empty>
            ) : (
              <>
                <ul class="said-list">
                  {list.map((entry) => (
                    <Entry key={entry.id} entry={entry} />
                  ))}
                </ul>
                {list.length === MOST_ENTRIES ? (
                  <p class="note">The newest {MOST_ENTRIES} entries. Older ones are in the API.</p>
                ) : null}
              </>
            )
          }
        </Shown>
      </Panel>
    </Page>
  )
}

function ActionFilter({ action }: { readonly action: string }) {
  const text = useSignal(action)
  return (
    <form
      class="form-row filter"
      onSubmit={(event) => {
        event.preventDefault()
        changeQuery({ action: text.value.trim() })
      }}
    >
      <Field
        label="Action"
        value={text.value}
        placeholder="such as api_key.revoke"
        maxLength={100}
        onInput={(typed) => (text.value = typed)}
      />
      <div class="actions">
        <Button type="submit">Show</Button>
      </div>
    </form>
  )
}

const TONES: Readonly<Record<AuditEntry['outcome'], Tone>> = {
  success: 'ok',
  partial: 'warning',
  failed: 'critical',
  denied: 'critical',
}

function Entry({ entry: { at, actor, action, object_id, outcome, before, after } }: { readonly entry: AuditEntry }) {
  return (
    <li class="said">
      <div class="job-head">
        <strong class="job-name">{action}</strong>
        {outcome === 'success' ? null : <Badge tone={TONES[outcome]}>{outcome}</Badge>}
        <span class="note">{actor}</span>
        <span class="note job-when">
          <Moment at={at} relative />
        </span>
      </div>
      {object_id === null ? null : <p class="note mono">{object_id}</p>}
      {before === null && after === null ? null : (
        <details class="statement">
          <summary>{Object.keys(after ?? before ?? {}).join(', ')}</summary>
          {before === null ? null : <code>before: {JSON.stringify(before)}</code>}
          {after === null ? null : <code>after: {JSON.stringify(after)}</code>}
        </details>
      )}
    </li>
  )
}

/** Has the suite compute the hashes again. */
function Verify() {
  const result = useSignal<AuditVerification | undefined>(undefined)
  const { isRunning, failure, run } = useAction()
  const verify = async (): Promise<void> => {
    result.value = await call('audit.verify', {})
  }
  const found = result.value
  return (
    <>
      {found === undefined ? null : (
        <span role="status">
          <Badge tone={found.ok ? 'ok' : 'critical'}>{found.ok ? 'intact' : 'changed'}</Badge>{' '}
          <span class="note">
            {found.first_broken === null ? `${count(found.entries)} entries checked` : found.first_broken.detail}
          </span>
        </span>
      )}
      <Button disabled={isRunning} onClick={() => void run(verify)}>
        {isRunning ? 'Verifying…' : 'Verify'}
      </Button>
      <FailureLine failure={failure} />
    </>
  )
}
