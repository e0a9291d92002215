// The database for operators: what needs attention first, the tables of numbers below.
import { changeQuery, view } from '../../base/view.ts'
import { Page, Panel } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { ConnectionsPanel } from './connections-panel.tsx'
import { IndexesPanel } from './indexes-panel.tsx'
import { LocksPanel } from './locks-panel.tsx'
import { ReplicationPanel } from './replication-panel.tsx'
import { StatementsPanel } from './statements-panel.tsx'
import { TablesPanel } from './tables-panel.tsx'
import { Triage } from './triage.tsx'

const PARTS = [
  ['connections', 'Connections'],
  ['statements', 'Statements'],
  ['locks', 'Locks'],
  ['indexes', 'Indexes'],
  ['tables', 'Tables'],
  ['replication', 'Replication'],
] as const
type Part = (typeof PARTS)[number][0]

const PANELS = {
  connections: ConnectionsPanel,
  statements: StatementsPanel,
  locks: LocksPanel,
  indexes: IndexesPanel,
  tables: TablesPanel,
  replication: ReplicationPanel,
} as const

/** The page. */
export function DatabasePage() {
  const part: Part = PARTS.find(([name]) => name === view.value.query['part'])?.[0] ?? 'connections'
  const Chosen = PANELS[part]
  return (
    <Page title="Database" intro="What needs attention comes first. Below it are the numbers behind it.">
      <Triage />
      <Panel>
        <Tabs
          label="Parts"
          names={PARTS}
          chosen={part}
          onChoose={(name) => changeQuery({ part: name }, { replace: true })}
        />
        <Chosen key={part} />
      </Panel>
    </Page>
  )
}
