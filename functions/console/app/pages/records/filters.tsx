// Fields that choose the records of a list: the parent of its rows, and the user for whom a key acts.
import { useLoaded } from '../../api/loaded.ts'
import { may, me } from '../../api/session.ts'
import { isGiven } from '../../base/given.ts'
import { changeQuery, view } from '../../base/view.ts'
import { Field, Select } from '../../ui/field.tsx'
import { type Resource, wordsOf } from './resources.ts'
import { idOf, listRows, textOf } from './row.ts'
import type { QueryParameter } from './schema.ts'

interface FiltersProps {
  readonly resource: Resource
  readonly resources: readonly Resource[]
}

/** The fields next to the kind of record. */
export const Filters = ({ resource, resources }: FiltersProps) => (
  <>
    {resource.isOwned && !isGiven(me.value?.user) ? (
      <Field
        key={`user of ${resource.key}`}
        label="User"
        value={view.value.query['user_id'] ?? ''}
        placeholder="for whom this key acts"
        maxLength={100}
        onInput={(user) => changeQuery({ user_id: user, id: undefined }, { replace: true })}
      />
    ) : null}
    {resource.parents
      .filter(({ name }) => name !== 'user_id')
      .map((parent) => (
        <Parent key={parent.name} parent={parent} of={parentOf(parent, resources)} />
      ))}
  </>
)

/** The resource that a parameter such as `project_id` names. */
const parentOf = ({ name }: QueryParameter, resources: readonly Resource[]): Resource | undefined => {
  const thing = wordsOf(name.replace(/_id$/, ''))
  return resources.find(({ title, readScope }) => title === thing && may(readScope))
}

interface ParentProps {
  readonly parent: QueryParameter
  readonly of: Resource | undefined
}

function Parent({ parent: { name }, of }: ParentProps) {
  const { [name]: value = '', user_id: user = '' } = view.value.query
  const key = of && `parents ${of.key} ${user}`
  const rows = useLoaded(key, async (signal) =>
    of ? await listRows(of, user === '' ? {} : { user_id: user }, signal) : [],
  )
  const label = of?.title ?? wordsOf(name)
  const change = (id: string): void => changeQuery({ [name]: id, id: undefined })
  if (!of || !rows.value) return <Field label={label} value={value} maxLength={128} onInput={change} />
  const options = rows.value.map((row) => [idOf(row), textOf(row['name'] ?? row['title']) || idOf(row)] as const)
  return <Select<string> label={label} value={value} options={[['', 'Choose one'], ...options]} onChange={change} />
}
