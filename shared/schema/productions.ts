import type { Generated } from 'kysely'
import type { Stamps } from './stamps.ts'

/** Rows with an owner: a user of the tenant, or `''` for a key without a user. */
interface Owned extends Stamps {
  readonly tenant_id: number
  readonly owner: string
}

export interface ProductionProjectTable extends Owned {
  readonly id: Generated<string>
  name: string
}

export interface ProductionShotTable extends Owned {
  readonly id: string
  readonly project_id: string
  title: string
  description: string | null
  status: 'pending' | 'done'
  date: string | null
  start_time: string | null
  duration: string
  location: string | null
  remarks: string | null
  scene_number: string | null
  equipment_ids: readonly string[]
  prepared_equipment_ids: readonly string[]
  readonly date_order: Generated<string>
  readonly time_order: Generated<string>
}

export interface ProductionNoteTable extends Owned {
  readonly id: string
  readonly project_id: string
  title: string
  content: string
  shot_id: string | null
  task_id: string | null
}

export interface ProductionTaskTable extends Owned {
  readonly id: string
  readonly project_id: string
  category: string
  title: string
  /** Its place among the statuses of the contract. */
  status: number
  /** Its place among low, medium, high and critical. */
  priority: number
  due_date: string | null
  description: string | null
  readonly due_order: Generated<string>
}

export interface ProductionGearTable extends Owned {
  readonly id: string
  name: string
  catalog_item_id: string | null
  custom_name: string | null
  category: string
  serial_number: string | null
  /** An exact decimal, which the driver returns as text. */
  price_per_day: string
  rental_price: string | null
  rental_frequency: string | null
  quantity: number
  is_owned: boolean
  status: string
}

export interface GearBrandTable {
  readonly id: Generated<string>
  name: string
}

export interface GearCategoryTable {
  readonly id: Generated<string>
  name: string
  slug: string
}

export interface GearItemTable {
  readonly id: Generated<string>
  readonly brand_id: string
  readonly category_id: string
  name: string
  specs: unknown
}
