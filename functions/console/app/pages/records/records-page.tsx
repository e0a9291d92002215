// Records of the domain slices: a list, a form and the detail of any resource, made from the API document. A new resource needs no page.
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { changeQuery, hrefOf, view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Select } from '../../ui/field.tsx'
import { Page, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { Filters } from './filters.tsx'
import { RecordForm } from './record-form.tsx'
import { loadResources, type Resource, wordsOf } from './resources.ts'
import { idOf, listRows, MOST_ROWS, type RecordQuery, type RecordRow, textOf } from './row.ts'

/** The page. */
export function RecordsPage() {
  const resources = useLoaded('resources', loadResources)
  return (
    <Page
      title="Records"
      intro="What the applications of this suite store: every kind of record, as its API offers it."
    >
      <Shown of={resources} rows={6}>
        {(all) => <Chosen resources={all.filter(({ readScope }) => may(readScope))} />}
      </Shown>
    </Page>
  )
}

const sliceOf = ({ key }: Resource): string => wordsOf(key.slice(0, key.indexOf('.')))

function Chosen({ resources }: { readonly resources: readonly Resource[] }) {
  const { of = '' } = view.value.query
  const chosen = resources.find(({ key }) => key === of) ?? resources[0]
  if (!chosen)
    return (
      <Empty title="There is no kind of record for this credential">
        <p>Sign in with a key that has a scope of an application, such as productions:read.</p>
      </Empty>
    )
  const options = resources.map((one) => [one.key, `${sliceOf(one)}: ${one.title}`] as const)
  return (
    <>
      <Panel>
        <div class="form-row">
          <Select<string>
            label="Kind"
            value={chosen.key}
            options={options}
            onChange={(key) => (location.hash = hrefOf('records', { of: key }))}
          />
          <Filters resource={chosen} resources={resources} />
        </div>
      </Panel>
      <Rows key={chosen.key} resource={chosen} />
    </>
  )
}

/** The parameters of the list that the address has. */
function queryOf({ parents, isOwned }: Resource): RecordQuery {
  const names = [...parents.map(({ name }) => name), ...(isOwned ? ['user_id'] : [])]
  const { query } = view.value
  return Object.fromEntries(names.flatMap((name) => (query[name] ? [[name, query[name]]] : [])))
}

function Rows({ resource }: { readonly resource: Resource }) {
  const query = queryOf(resource)
  const missing = resource.parents.find(({ name }) => query[name] === undefined)
  const key = missing ? undefined : `${resource.key} ${JSON.stringify(query)}`
  const rows = useLoaded(key, async (signal) => await listRows(resource, query, signal))
  if (missing)
    return (
      <Empty title={`${wordsOf(missing.name)} is needed`}>
        <p>Each {resource.title.toLowerCase()} belongs to one. Choose it above.</p>
      </Empty>
    )
  const { id, new: isNew } = view.value.query
  const mayWrite = may(resource.writeScope)
  const close = (): void => changeQuery({ id: undefined, new: undefined })
  const open = rows.value?.find((row) => idOf(row) === id)
  return (
    <>
      {isNew === '1' || open ? (
        <RecordForm
          key={id ?? 'new'}
          resource={resource}
          query={query}
          row={isNew === '1' ? undefined : open}
          mayWrite={mayWrite}
          onClose={close}
          onDone={() => {
            close()
            rows.reload()
          }}
        />
      ) : null}
      <Panel
        title={`${resource.title} records`}
        actions={
          mayWrite && isNew !== '1' ? (
            <Button onClick={() => changeQuery({ new: '1', id: undefined })}>New</Button>
          ) : undefined
        }
      >
        <Shown of={rows} rows={5}>
          {(list) => <RowTable resource={resource} rows={list} />}
        </Shown>
      </Panel>
    </>
  )
}

const MOST_COLUMNS = 8
const MINOR_FROM = 3

function RowTable({ resource, rows }: { readonly resource: Resource; readonly rows: readonly RecordRow[] }) {
  if (rows.length === 0)
    return (
      <Empty title="There are none yet">
        <p>
          {may(resource.writeScope) ? 'Make the first one by the button New, or by' : 'Applications make them by'} the
          API: <a href="/docs">its reference</a>.
        </p>
      </Empty>
    )
  const columns = resource.columns.filter(({ name, kind }) => name !== 'id' && kind !== 'json').slice(0, MOST_COLUMNS)
  return (
    <>
      <Table
        label={`${resource.title} records`}
        rows={rows}
        keyOf={idOf}
        columns={[
          {
            head: 'Id',
            cell: (row) => (
              <a href={hrefOf('records', { ...view.value.query, of: resource.key, id: idOf(row), new: undefined })}>
                {idOf(row)}
              </a>
            ),
          },
          ...columns.map(({ name, kind }, i) => ({
            head: wordsOf(name),
            cell: (row: RecordRow) => shortened(textOf(row[name])),
            isNumber: kind === 'number',
            isMinor: i >= MINOR_FROM,
          })),
        ]}
      />
      {rows.length === MOST_ROWS ? <p class="note">The first {MOST_ROWS}. More are in the API.</p> : null}
    </>
  )
}

const MOST_CHARACTERS = 60
const shortened = (text: string): string =>
  text === '' ? '–' : text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
