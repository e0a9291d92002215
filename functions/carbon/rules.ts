// The rules of references: a zone is of an organisation, a camera of a zone, and an alert of a camera, all of the same tenant.
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import type { Definition } from '@penstock/shared/resource/definition.ts'
import type { Checked } from '@penstock/shared/resource/resource-handlers.ts'
import { existingIds } from '@penstock/shared/resource/resource-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { type alerts, cameras, organizations, zones } from './contract.ts'

type Tx = Transaction<Database>
type ZoneWrite = Checked<(typeof zones)['fields']>
type CameraWrite = Checked<(typeof cameras)['fields']>
type AlertWrite = Checked<(typeof alerts)['fields']>

/** The organisation of a zone is there. @throws {Problem} 422 naming the field. */
export async function checkZone(tx: Tx, { caller, change }: ZoneWrite): Promise<ZoneWrite['change']> {
  await requireRow(tx, caller.tenant.id, organizations, ['organization_id', change.organization_id])
  return change
}

/** The zone of a camera is there. @throws {Problem} 422 naming the field. */
export async function checkCamera(tx: Tx, { caller, change }: CameraWrite): Promise<CameraWrite['change']> {
  await requireRow(tx, caller.tenant.id, zones, ['zone_id', change.zone_id])
  return change
}

/** The camera of an alert is there, if it has one. @throws {Problem} 422 naming the field. */
export async function checkAlert(tx: Tx, { caller, change }: AlertWrite): Promise<AlertWrite['change']> {
  await requireRow(tx, caller.tenant.id, cameras, ['camera', change.camera])
  return change
}

/** The row that a field names cannot be deleted before the transaction ends. */
async function requireRow(
  tx: Tx,
  tenantId: number,
  definition: { readonly title: string },
  [field, id]: readonly [string, number | null | undefined],
): Promise<void> {
  if (id === undefined || id === null) return
  const scope = { tenantId, owner: '', parentId: undefined }
  const there = await existingIds(tx, definition as unknown as Definition, scope, [String(id)])
  if (there.size > 0) return
  const thing = definition.title.toLowerCase()
  throw invalidRequest([
    { pointer: `/${field}`, detail: `must be the id of ${/^[ao]/.test(thing) ? 'an' : 'a'} ${thing}` },
  ])
}
