// The rules of references: to gear of the same owner, to items of the catalogue, and to shots and tasks of the same project.
import type { FieldError } from '@penstock/shared/base/problem.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import type { Definition } from '@penstock/shared/resource/definition.ts'
import type { Checked } from '@penstock/shared/resource/resource-handlers.ts'
import { existingIds } from '@penstock/shared/resource/resource-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { gear, type notes, shots, tasks } from './contract.ts'
import { hasItem } from './queries.ts'

type Tx = Transaction<Database>
type ShotWrite = Checked<(typeof shots)['fields']>
type NoteWrite = Checked<(typeof notes)['fields']>
type GearWrite = Checked<(typeof gear)['fields']>

/**
 * The equipment of a shot is gear of its owner, and what is prepared is a part of it: a change of the equipment alone takes off what is
 * not part of it any more.
 * @throws {Problem} 422 naming each place in the lists that breaks the rule.
 */
export async function checkShot(tx: Tx, { caller, owner, before, change }: ShotWrite): Promise<ShotWrite['change']> {
  const { equipmentIds: sent, preparedEquipmentIds: sentPrepared } = change
  if (!sent && !sentPrepared) return change
  const equipment = sent ?? (before?.['equipmentIds'] as readonly string[] | undefined) ?? []
  const scope = { tenantId: caller.tenant.id, owner, parentId: undefined }
  const there = sent ? await existingIds(tx, gear as unknown as Definition, scope, sent) : undefined
  const isTaken = new Set(equipment)
  refuse([
    ...broken('equipmentIds', sent ?? [], (id) => there?.has(id) ?? true, 'must be the id of gear of the same owner'),
    ...broken('preparedEquipmentIds', sentPrepared ?? [], (id) => isTaken.has(id), 'must also be in equipmentIds'),
  ])
  const prepared = sentPrepared ?? (before?.['preparedEquipmentIds'] as string[] | undefined) ?? []
  return { ...change, preparedEquipmentIds: prepared.filter((id) => isTaken.has(id)) }
}

/** The shot and the task of a note belong to its project. @throws {Problem} 422 naming the field. */
export async function checkNote(
  tx: Tx,
  { caller, owner, before, change, parentId }: NoteWrite,
): Promise<NoteWrite['change']> {
  const project = parentId ?? String(before?.['project_id'])
  const scope = { tenantId: caller.tenant.id, owner, parentId: project }
  for (const [field, definition] of [
    ['shotId', shots],
    ['taskId', tasks],
  ] as const) {
    const id = change[field]
    if (id === undefined || id === null) continue
    const there = await existingIds(tx, definition as unknown as Definition, scope, [id])
    refuse(
      there.has(id)
        ? []
        : [
            {
              pointer: `/${field}`,
              detail: `must be the id of a ${definition.title.toLowerCase()} of the same project`,
            },
          ],
    )
  }
  return change
}

/** The item of a piece of gear is in the catalogue. @throws {Problem} 422 naming the field. */
export async function checkGear(tx: Tx, { change }: GearWrite): Promise<GearWrite['change']> {
  const { catalogItemId: id } = change
  if (id !== undefined && id !== null && !(await hasItem(tx, id)))
    refuse([{ pointer: '/catalogItemId', detail: 'must be the id of an item of the catalogue' }])
  return change
}

const broken = (
  field: string,
  ids: readonly string[],
  isRight: (id: string) => boolean,
  detail: string,
): readonly FieldError[] => ids.flatMap((id, i) => (isRight(id) ? [] : [{ pointer: `/${field}/${i}`, detail }]))

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidRequest(errors)
}
