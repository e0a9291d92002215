// Makes a row, changes it or deletes it: a form with a field for each field of the resource.
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Area, Field, Select } from '../../ui/field.tsx'
import { Panel } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'
import { type Resource, wordsOf } from './resources.ts'
import {
  changeRow,
  createRow,
  idOf,
  type RecordQuery,
  type RecordRow,
  removeRow,
  rowOf,
  type Typed,
  textOf,
} from './row.ts'
import type { FieldOf } from './schema.ts'

interface RecordFormProps {
  readonly resource: Resource
  readonly query: RecordQuery
  /** The row that is changed; undefined for a new one. */
  readonly row: RecordRow | undefined
  readonly mayWrite: boolean
  readonly onDone: () => void
  readonly onClose: () => void
}

/** The form of one row. */
export function RecordForm({ resource, query, row, mayWrite, onDone, onClose }: RecordFormProps) {
  const fields = row ? resource.changes : resource.fields
  const first = Object.fromEntries(fields.map(({ name }) => [name, textOf(row?.[name])]))
  const typed = useSignal<Typed>(first)
  const { isRunning, failure, run } = useAction()
  const isReady = fields.every(({ name, isRequired }) => !isRequired || (typed.value[name] ?? '').trim() !== '')
  const save = async (): Promise<void> => {
    const changed = row ? fields.filter(({ name }) => typed.value[name] !== first[name]) : fields
    const cleared = changed.filter(({ name }) => row && (typed.value[name] ?? '').trim() === '')
    const body = { ...rowOf(changed, typed.value), ...Object.fromEntries(cleared.map(({ name }) => [name, null])) }
    await (row ? changeRow(resource, query, idOf(row), body) : createRow(resource, query, body))
    onDone()
  }
  const thing = resource.title.toLowerCase()
  const canSave = mayWrite && (row === undefined || resource.operations.has('Patch'))
  return (
    <Panel title={row ? `${resource.title} ${idOf(row)}` : `New ${thing}`}>
      <form
        class="panel-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && canSave) void run(save)
        }}
      >
        <div class="form-grid">
          {fields.map((field) => (
            <Input
              key={field.name}
              field={field}
              value={typed.value[field.name] ?? ''}
              onInput={(text) => (typed.value = { ...typed.value, [field.name]: text })}
            />
          ))}
        </div>
        <div class="actions">
          {canSave ? (
            <Button kind="primary" type="submit" disabled={!isReady || isRunning}>
              {isRunning ? 'Saving…' : `Save the ${thing}`}
            </Button>
          ) : null}
          <Button onClick={onClose}>{canSave ? 'Cancel' : 'Close'}</Button>
          {row && mayWrite && resource.operations.has('Remove') ? (
            <Remove resource={resource} query={query} id={idOf(row)} onDone={onDone} />
          ) : null}
        </div>
      </form>
      <FailureLine failure={failure} />
    </Panel>
  )
}

interface InputProps {
  readonly field: FieldOf
  readonly value: string
  readonly onInput: (text: string) => void
}

const FLAGS = [
  ['', 'not set'],
  ['true', 'yes'],
  ['false', 'no'],
] as const

function Input({ field: { name, kind, values, isRequired, maxLength, hint }, value, onInput }: InputProps) {
  const label = wordsOf(name)
  if (kind === 'flag') return <Select<string> label={label} value={value} options={FLAGS} onChange={onInput} />
  if (kind === 'choice') {
    const options = [['', 'not set'] as const, ...values.map((one) => [one, one] as const)]
    return <Select<string> label={label} value={value} options={options} onChange={onInput} />
  }
  const shared = { label, value, onInput, required: isRequired, ...(maxLength === undefined ? {} : { maxLength }) }
  if (kind === 'long' || kind === 'json') return <Area {...shared} placeholder={kind === 'json' ? 'JSON' : ''} />
  return <Field {...shared} placeholder={hint ?? (isRequired ? 'needed' : '')} />
}

interface RemoveProps {
  readonly resource: Resource
  readonly query: RecordQuery
  readonly id: string
  readonly onDone: () => void
}

function Remove({ resource, query, id, onDone }: RemoveProps) {
  const isAsking = useSignal(false)
  const { isRunning, failure, run } = useAction()
  const remove = async (): Promise<void> => {
    await removeRow(resource, query, id)
    isAsking.value = false
    onDone()
  }
  return (
    <>
      <Button onClick={() => (isAsking.value = true)}>Delete</Button>
      {isAsking.value ? (
        <Confirm
          title={`Delete ${id}?`}
          action="Delete"
          isRunning={isRunning}
          onConfirm={() => void run(remove)}
          onClose={() => (isAsking.value = false)}
        >
          <p>What belongs to it may go with it. This cannot be undone.</p>
          <FailureLine failure={failure} />
        </Confirm>
      ) : null}
    </>
  )
}
