// Valid requests of productions, and rows of its tables. What one request deletes no other one needs.
import type { ExampleChance, Examples, MakeExample, MakeRows } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

const PROJECT = '11111111-0000-4000-8000-000000000001'
const REMOVED = '11111111-0000-4000-8000-000000000002'
const ITEM = '22222222-0000-4000-8000-000000000001'
const ofProject = [['project_id', PROJECT]] as const

/** The examples of the five routes about one row, and of its list. */
const ofRows = (rows: {
  readonly kept: string
  readonly removed: string
  readonly change: Readonly<Record<string, unknown>>
  readonly filters?: readonly (readonly [string, string])[]
}): Readonly<Record<'list' | 'read' | 'change' | 'remove', readonly [MakeExample, ...MakeExample[]]>> => {
  const kept = { parameters: { id: rows.kept } }
  const change: MakeExample = () => ({ ...kept, json: rows.change })
  return {
    list: [() => ({ query: [...(rows.filters ?? []), ['limit', '5'] as const] })],
    read: [() => kept],
    change: [change, () => ({ ...kept, headers: [['If-Match', '*']], json: rows.change })],
    remove: [() => ({ parameters: { id: rows.removed } })],
  }
}

const project = ofRows({ kept: PROJECT, removed: REMOVED, change: { name: 'Day Train' } })
const shot = ofRows({
  kept: 'shot-1',
  removed: 'shot-2',
  change: { status: 'done', date: '2026-02-15', preparedEquipmentIds: ['gear-1'] },
  filters: [...ofProject, ['status', 'pending'], ['date_from', '2026-01-01'], ['date_to', '2026-12-31']],
})
const note = ofRows({
  kept: 'note-1',
  removed: 'note-2',
  change: { content: 'Rain', shotId: null },
  filters: ofProject,
})
const task = ofRows({
  kept: 'task-1',
  removed: 'task-2',
  change: { status: 'review', priority: 'critical' },
  filters: [...ofProject, ['status', 'progress']],
})
const gear = ofRows({
  kept: 'gear-1',
  removed: 'gear-2',
  change: { status: 'broken', rentalPrice: 1234.56 },
  filters: [
    ['status', 'operational'],
    ['category', 'Camera'],
  ],
})

/** A new id, so that a create is not a repetition of another one. */
const newId = (kind: string, chance: ExampleChance): string => `${kind}-new-${chance.below(1_000_000_000)}`

export const requests: Examples<typeof routes> = {
  projectsList: project.list,
  projectsRead: project.read,
  projectsCreate: [
    ({ planted }) => ({ json: { name: planted } }),
    (_, chance) => ({
      query: [['user_id', 'ann']],
      headers: [['Idempotency-Key', `project-${chance.below(1_000_000)}`]],
      json: { name: 'Night Train' },
    }),
  ],
  projectsPut: project.change,
  projectsPatch: project.change,
  projectsRemove: project.remove,
  shotsList: shot.list,
  shotsRead: shot.read,
  shotsCreate: [
    ({ planted }, chance) => ({
      query: ofProject,
      json: {
        id: newId('shot', chance),
        title: 'Opening',
        description: planted,
        date: '2026-02-14',
        startTime: '06:30',
        equipmentIds: ['gear-1'],
      },
    }),
  ],
  shotsPut: shot.change,
  shotsPatch: shot.change,
  shotsRemove: shot.remove,
  notesList: note.list,
  notesRead: note.read,
  notesCreate: [
    ({ planted }, chance) => ({
      query: ofProject,
      json: { id: newId('note', chance), title: 'Idea', content: planted, shotId: 'shot-1', taskId: 'task-1' },
    }),
  ],
  notesPut: note.change,
  notesPatch: note.change,
  notesRemove: note.remove,
  tasksList: task.list,
  tasksRead: task.read,
  tasksCreate: [
    ({ planted }, chance) => ({
      query: ofProject,
      json: { id: newId('task', chance), title: planted, priority: 'high', dueDate: '2026-05-01' },
    }),
  ],
  tasksPut: task.change,
  tasksPatch: task.change,
  tasksRemove: task.remove,
  gearList: gear.list,
  gearRead: gear.read,
  gearCreate: [
    ({ planted }, chance) => ({
      json: { id: newId('gear', chance), name: 'Alexa', customName: planted, category: 'Camera', pricePerDay: 0.1 },
    }),
  ],
  gearPut: gear.change,
  gearPatch: gear.change,
  gearRemove: gear.remove,
  categories: [() => ({ query: [['limit', '5']] })],
  brands: [() => ({ query: [['category_id', ITEM]] })],
  items: [
    () => ({
      query: [
        ['category_id', ITEM],
        ['brand_id', ITEM],
      ],
    }),
  ],
  // The catalogue is filled by an operator, so it is empty here.
  item: [() => ({ parameters: { id: ITEM }, refusal: 404 })],
  itemSpecs: [() => ({ parameters: { id: ITEM }, refusal: 404 })],
  initial: [() => ({ query: ofProject })],
  content: [() => ({ parameters: { id: PROJECT } })],
}

const stamps = {
  created_at: '2026-01-01',
  created_by: 'key:example',
  updated_at: '2026-01-01',
  updated_by: 'key:example',
  version: 1,
}
const row = (id: string, more: Readonly<Record<string, unknown>>) => ({ ...stamps, owner: '', id, ...more })
const inProject = (id: string, more: Readonly<Record<string, unknown>>) => row(id, { project_id: PROJECT, ...more })

export const rows: MakeRows = () => ({
  production_project: [row(PROJECT, { name: 'Night Train' }), row(REMOVED, { name: 'Removed' })],
  production_gear: ['gear-1', 'gear-2'].map((id) => row(id, { name: 'FX6', category: 'Camera' })),
  production_shot: ['shot-1', 'shot-2'].map((id) =>
    inProject(id, { title: 'Opening', date: '2026-02-14', equipment_ids: ['gear-1'] }),
  ),
  production_task: ['task-1', 'task-2'].map((id) => inProject(id, { title: 'Cut', status: 1 })),
  production_note: ['note-1', 'note-2'].map((id) =>
    inProject(id, { title: 'Idea', content: 'Fog', shot_id: 'shot-1' }),
  ),
})
