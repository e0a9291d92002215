// The tables that this slice owns, and those that it uses.
import { idempotency, quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

/** Rows that people write and delete; retention removes them some time after their deletion. */
const owned = {
  grants: { select: true, insert: true, update: true },
  person: 'owner',
  ages: { by: 'deleted_at', days: 30, policy: 'deleted_rows', setting: 'DELETED_ROW_DAYS' },
} as const
/** Rows of no tenant, which an operator writes. */
const catalogue = { grants: { select: true }, tenant: null } as const

export const data = {
  owns: {
    production_project: owned,
    production_gear: owned,
    production_shot: owned,
    production_task: owned,
    production_note: owned,
    gear_brand: catalogue,
    gear_category: catalogue,
    gear_item: catalogue,
  },
  uses: {
    tenant: { select: true },
    ...idempotency,
    ...quota,
  },
} as const satisfies SliceData
