// API keys: made, rotated and revoked. A new one is shown once.
import type { ApiKey, MadeApiKey } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Page, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { KeyActions } from './key-actions.tsx'
import { KeyForm } from './key-form.tsx'

/** The page. */
export function KeysPage() {
  const made = useSignal<MadeApiKey | undefined>(undefined)
  const keys = useLoaded(
    'keys',
    async (signal) => await call('identity.keys', { query: { all: 'true', limit: 1_000 } }, { signal }),
  )
  const show = (key: MadeApiKey): void => {
    made.value = key
    keys.reload()
  }
  return (
    <Page title="Keys" intro="Programs sign in by API keys. A key is shown once; the suite stores only a hash of it.">
      {may('keys:write') ? <KeyForm onMade={show} /> : null}
      {made.value === undefined ? null : <NewKey made={made.value} onClose={() => (made.value = undefined)} />}
      <Panel title="Keys">
        <Shown of={keys} rows={4}>
          {(list) =>
            list.length === 0 ? (
              <Empty title="There are no keys">
                <p>Make one above for each program that sends or reads.</p>
              </Empty>
            ) : (
              <KeyTable keys={list} onMade={show} onChange={keys.reload} />
            )
          }
        </Shown>
      </Panel>
    </Page>
  )
}

function NewKey({ made, onClose }: { readonly made: MadeApiKey; readonly onClose: () => void }) {
  return (
    <Panel title={`The new key ${made.name}`} actions={<Button onClick={onClose}>I have stored it</Button>}>
      <p>Copy it now. It cannot be shown again.</p>
      <Code text={made.key} label="The new key" />
    </Panel>
  )
}

interface KeyTableProps {
  readonly keys: readonly ApiKey[]
  readonly onMade: (key: MadeApiKey) => void
  readonly onChange: () => void
}

const KeyTable = ({ keys, onMade, onChange }: KeyTableProps) => (
  <Table
    label="API keys"
    rows={keys}
    keyOf={({ id }) => id}
    columns={[
      { head: 'Name', cell: ({ name, user }) => (user === null ? name : `${name} (${user})`) },
      { head: 'Begins with', cell: ({ key_prefix }) => <span class="mono">{key_prefix}</span>, isMinor: true },
      { head: 'Scopes', cell: ({ scopes }) => <Scopes scopes={scopes} />, isWide: true, isMinor: true },
      { head: 'Last used', cell: ({ last_used_at }) => <Moment at={last_used_at} relative />, isMinor: true },
      { head: 'Expires', cell: ({ expires_at }) => <Moment at={expires_at} relative />, isMinor: true },
      {
        head: 'Actions',
        cell: (key) => (may('keys:write') ? <KeyActions apiKey={key} onMade={onMade} onChange={onChange} /> : null),
      },
    ]}
  />
)

const FEW = 4

function Scopes({ scopes }: { readonly scopes: readonly string[] }) {
  if (scopes.length === 0) return <span class="quiet">none</span>
  if (scopes.length <= FEW) return <>{scopes.join(', ')}</>
  return (
    <details>
      <summary>
        <Badge tone="quiet">{scopes.length} scopes</Badge>
      </summary>
      {scopes.join(', ')}
    </details>
  )
}
