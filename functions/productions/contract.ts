// The resources of a film production as data, the catalogue of gear, and the reads of a whole project.
import { notFound, notYourself } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { listOf, mapOf, onWire, uuid } from '@penstock/shared/base/wire-schema.ts'
import { bareArray, numberedPages } from '@penstock/shared/resource/envelopes.ts'
import { resource } from '@penstock/shared/resource/resource.ts'
import { z } from 'zod'

const MAX_LONG = 10_000
const MAX_CONTENT = 100_000
const MAX_MONEY = 1_000_000_000_000
const MAX_INT = 2_147_483_647
/** The bytes of a note with the longest content, each character of it escaped. */
const NOTE_BYTES = 1024 * 1024

const scopes = { read: 'productions:read', write: 'productions:write' } as const
const page = { limit: 100, max: 1_000, envelope: numberedPages }
const common = { scopes, owned: true, users: true, created: 200 } as const
const clientsId = text(128)
const ids = z.array(clientsId).max(200)
const optionalText = (max: number) => ({ schema: text(max, 0), optional: true }) as const
const instant = { schema: timestamp, type: 'timestamptz', given: true } as const
const money = z.number().min(0).max(MAX_MONEY)

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const isoDay = z.iso.date().regex(/^(?!0000)/)

/** A day as `2026-02-14`, or as web clients write it: `Feb 14, 2026`. */
const day = onWire(
  z.string().transform((value, context) => {
    const [, month = '', date = '', year = ''] = /^([A-Z][a-z]{2}) (\d{1,2}), (\d{4})$/.exec(value) ?? []
    const number = String(months.indexOf(month) + 1).padStart(2, '0')
    const iso = month === '' ? value : `${year}-${number}-${date.padStart(2, '0')}`
    if (isoDay.safeParse(iso).success) return iso
    context.addIssue({ code: 'custom', message: 'must be a day, such as 2026-02-14' })
    return z.NEVER
  }),
  { type: 'string', format: 'date' },
)
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, such as 06:30')

/** The project of a shot, a note or a task, which the query names. */
export const ofProject = {
  parameter: 'project_id',
  column: 'project_id',
  table: 'production_project',
  id: 'uuid',
  title: 'Project',
  owned: true,
} as const
/** The row's project is answered, and never taken from a body. */
const projectId = { schema: uuid, type: 'uuid', given: true } as const

export const projects = resource('projects', {
  ...common,
  title: 'Project',
  path: '/projects',
  table: 'production_project',
  id: 'uuid',
  fields: {
    name: { schema: text(200) },
    user_id: { schema: text(100, 0), column: 'owner', given: true },
    created_at: instant,
  },
  order: ['-created_at'],
  page: { ...page, envelope: bareArray },
})

export const shots = resource('shots', {
  ...common,
  title: 'Shot',
  path: '/shots',
  table: 'production_shot',
  id: clientsId,
  parent: ofProject,
  fields: {
    title: { schema: text(200) },
    description: optionalText(MAX_LONG),
    status: { schema: z.enum(['pending', 'done']), default: 'pending', filter: 'equals' },
    startTime: { schema: timeOfDay, column: 'start_time', type: 'time', sort: 'time_order', optional: true },
    duration: { schema: text(20), default: '1h' },
    location: optionalText(300),
    remarks: optionalText(MAX_LONG),
    date: { schema: day, type: 'date', sort: 'date_order', optional: true, filter: 'range' },
    sceneNumber: { ...optionalText(50), column: 'scene_number' },
    equipmentIds: { schema: ids, column: 'equipment_ids', type: 'text[]', default: [] },
    preparedEquipmentIds: { schema: ids, column: 'prepared_equipment_ids', type: 'text[]', default: [] },
    project_id: projectId,
  },
  order: ['-date', 'startTime'],
  page,
})

export const notes = resource('notes', {
  ...common,
  title: 'Note',
  path: '/notes',
  table: 'production_note',
  id: clientsId,
  parent: ofProject,
  fields: {
    title: { schema: text(200) },
    content: { schema: text(MAX_CONTENT, 0), default: '' },
    shotId: { schema: clientsId, column: 'shot_id', optional: true },
    taskId: { schema: clientsId, column: 'task_id', optional: true },
    project_id: projectId,
    created_at: instant,
    updated_at: instant,
  },
  order: ['-updated_at'],
  page,
  maxBytes: NOTE_BYTES,
})

const taskStatuses = ['todo', 'progress', 'review', 'done']
const priorities = ['low', 'medium', 'high', 'critical']

export const tasks = resource('tasks', {
  ...common,
  title: 'Task',
  path: '/postprod',
  table: 'production_task',
  id: clientsId,
  parent: ofProject,
  fields: {
    category: { schema: text(50), default: 'Editing' },
    title: { schema: text(200) },
    status: { schema: z.enum(taskStatuses), type: 'smallint', ranks: taskStatuses, default: 'todo', filter: 'equals' },
    priority: { schema: z.enum(priorities), type: 'smallint', ranks: priorities, default: 'medium' },
    dueDate: { schema: day, column: 'due_date', type: 'date', sort: 'due_order', optional: true },
    description: optionalText(MAX_LONG),
    project_id: projectId,
  },
  order: ['status', '-priority', 'dueDate'],
  page,
})

const specs = mapOf(z.unknown())

export const gear = resource('gear', {
  ...common,
  title: 'Equipment',
  path: '/inventory',
  table: 'production_gear',
  id: clientsId,
  fields: {
    name: { schema: text(200) },
    catalogItemId: { schema: z.uuid(), column: 'catalog_item_id', type: 'uuid', optional: true },
    customName: { ...optionalText(200), column: 'custom_name' },
    category: { schema: text(100), default: 'Other', filter: 'equals' },
    serialNumber: { ...optionalText(100), column: 'serial_number' },
    pricePerDay: { schema: money, column: 'price_per_day', type: 'numeric', default: 0 },
    rentalPrice: { schema: money, column: 'rental_price', type: 'numeric', optional: true },
    rentalFrequency: { ...optionalText(20), column: 'rental_frequency' },
    quantity: { schema: z.int().min(0).max(MAX_INT), type: 'int', default: 1 },
    isOwned: { schema: z.boolean(), column: 'is_owned', type: 'boolean', default: true },
    status: { schema: text(50), default: 'operational', filter: 'equals' },
  },
  also: { specs },
  order: ['status', 'category'],
  page: { ...page, envelope: bareArray },
})

const catalogueId = z.uuid('must be a UUID').optional()
const paging = { limit: wholeNumber(1, 1_000).default(1_000), cursor: text(200).optional() }

const CategoriesQuery = z.object(paging)
const BrandsQuery = z.object({ category_id: catalogueId, ...paging })
const ItemsQuery = z.object({ category_id: catalogueId, brand_id: catalogueId, ...paging })

const Category = z.object({ id: uuid, name: z.string(), slug: z.string() }).meta({ title: 'GearCategory' })
const Brand = z.object({ id: uuid, name: z.string() }).meta({ title: 'GearBrand' })
const Item = z
  .object({ id: uuid, brand_id: uuid, category_id: uuid, name: z.string(), specs })
  .meta({ title: 'GearItem' })

const bulkOwner = { user_id: text(100).optional() }
const InitialQuery = z.object({ project_id: z.string().optional(), ...bulkOwner })

const rowsOf = (name: 'shots' | 'notes' | 'tasks' | 'projects' | 'gear') =>
  listOf({ shots, notes, tasks, projects, gear }[name].answer)
const parts = { shots: rowsOf('shots'), notes: rowsOf('notes'), tasks: rowsOf('tasks') }
const Project = z.object(parts).meta({ title: 'ProjectContent' })
const Initial = z
  .object({ projects: rowsOf('projects'), inventory: rowsOf('gear'), ...z.object(parts).partial().shape })
  .meta({ title: 'InitialContent' })

const reads = { method: 'GET', scope: scopes.read, users: true, audit: readsOnly } as const
const lists = { ...reads, problems: [] } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  ...projects.routes,
  ...shots.routes,
  ...notes.routes,
  ...tasks.routes,
  ...gear.routes,
  categories: {
    ...lists,
    path: '/catalog/categories',
    summary: 'List the categories of the catalogue of gear',
    query: CategoriesQuery,
    answer: [{ schema: listOf(Category), headers: ['Link'] }],
  },
  brands: {
    ...lists,
    path: '/catalog/brands',
    summary: 'List the brands of the catalogue, or those that have items of a category',
    query: BrandsQuery,
    answer: [{ schema: listOf(Brand), headers: ['Link'] }],
  },
  items: {
    ...lists,
    path: '/catalog/items',
    summary: 'List the items of the catalogue by category and brand',
    query: ItemsQuery,
    answer: [{ schema: listOf(Item), headers: ['Link'] }],
  },
  item: {
    ...reads,
    path: '/catalog/items/{id}',
    summary: 'Read one item of the catalogue',
    answer: Item,
    problems: [notFound],
  },
  itemSpecs: {
    ...reads,
    path: '/catalog/items/{id}/specs',
    summary: 'Read the specifications of one item',
    answer: specs,
    problems: [notFound],
  },
  initial: {
    ...reads,
    path: '/api/bulk/initial',
    summary: 'Read what a client starts with: projects, gear, and the content of one project',
    query: InitialQuery,
    answer: Initial,
    problems: [notFound, notYourself],
  },
  content: {
    ...reads,
    path: '/api/bulk/project/{id}',
    summary: 'Read a project with up to 1,000 shots, notes and tasks of it',
    query: z.object(bulkOwner),
    answer: Project,
    problems: [notFound, notYourself],
  },
} as const satisfies Routes
