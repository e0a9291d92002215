// The resources of the suite, read from the API document: whatever is listed, and made or changed under the same name.
import { type AnswerOf, createClient, type OperationName } from '@penstock/client'
import type { FieldOf, QueryParameter, ResourceDocument, ResourceOperation } from './schema.ts'
import { answerOf, bodyOf, fieldsOf, resolved } from './schema.ts'

export interface Resource {
  /** `productions.gear` */
  readonly key: string
  readonly title: string
  readonly readScope: string
  readonly writeScope: string
  /** The operations that it has: `List`, `Create`, `Patch`, `Remove`, … */
  readonly operations: ReadonlySet<string>
  /** The parameter of the path that names one row. */
  readonly parameter: string
  readonly columns: readonly FieldOf[]
  readonly fields: readonly FieldOf[]
  readonly changes: readonly FieldOf[]
  /** Parameters that a list requires, such as the project of a shot. */
  readonly parents: readonly QueryParameter[]
  /** True when a key names the user for whom it acts. */
  readonly isOwned: boolean
}

let known: readonly Resource[] | undefined

/** Reads the resources, once. */
export async function loadResources(signal: AbortSignal): Promise<readonly Resource[]> {
  if (known) return known
  const own = createClient({ url: location.origin, retries: 1 })
  const document: AnswerOf<'console.document'> = await own.call('console.document', {}, { signal })
  known = resourcesOf(document as unknown as ResourceDocument)
  return known
}

interface Found {
  readonly path: string
  readonly operation: ResourceOperation
}

/** Returns the resources of a document in the order of their names. */
function resourcesOf(document: ResourceDocument): readonly Resource[] {
  const all = new Map<string, Found>()
  for (const [path, methods] of Object.entries(document.paths))
    for (const operation of Object.values(methods)) all.set(operation.operationId, { path, operation })
  return [...all.keys()]
    .filter((id) => id.endsWith('List') && all.has(id.replace(/List$/, 'Create')))
    .map((id) => resourceOf(document, all, id.replace(/List$/, '')))
    .toSorted((a, b) => a.key.localeCompare(b.key))
}

const OPERATIONS = ['List', 'Read', 'Create', 'Patch', 'Remove'] as const

function resourceOf(document: ResourceDocument, all: ReadonlyMap<string, Found>, key: string): Resource {
  const at = (name: (typeof OPERATIONS)[number]): Found | undefined => all.get(`${key}${name}`)
  const list = at('List')?.operation
  const create = at('Create')?.operation
  const one = at('Patch') ?? at('Read') ?? at('Remove')
  const row = list && rowOf(document, list)
  const body = bodyOf(create?.requestBody)
  return {
    key,
    title: titleOf(body?.$ref, key),
    readScope: scopeOf(list),
    writeScope: scopeOf(create),
    operations: new Set(OPERATIONS.filter((name) => at(name) !== undefined)),
    parameter: /\{(\w+)\}$/.exec(one?.path ?? '')?.[1] ?? 'id',
    columns: fieldsOf(document, row),
    fields: fieldsOf(document, body),
    changes: fieldsOf(document, bodyOf(at('Patch')?.operation.requestBody)),
    parents: (list?.parameters ?? []).filter(({ in: place, required }) => place === 'query' && required),
    isOwned: (list?.parameters ?? []).some(({ name }) => name === 'user_id'),
  }
}

/** The schema of one row: a list answers an array, or an object with `items`. */
function rowOf(document: ResourceDocument, list: ResourceOperation) {
  const answer = resolved(document, answerOf(list))
  return answer.items ?? resolved(document, answer.properties?.['items']).items
}

const scopeOf = (operation: ResourceOperation | undefined): string =>
  Object.values(operation?.security?.[0] ?? {}).flat()[0] ?? ''

/** `EquipmentCreate` is the schema of what makes an equipment. */
function titleOf(ref: string | undefined, key: string): string {
  const name =
    ref
      ?.split('/')
      .at(-1)
      ?.replace(/Create$/, '') ?? key.slice(key.indexOf('.') + 1)
  return wordsOf(name)
}

/** Writes a name as words: `sceneNumber` and `scene_number` become `Scene number`. */
export function wordsOf(name: string): string {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
    .trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The operation of a resource as the client names it. */
export const operationOf = ({ key }: Resource, name: (typeof OPERATIONS)[number]): OperationName =>
  `${key}${name}` as OperationName
