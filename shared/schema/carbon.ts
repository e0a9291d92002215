import type { Generated } from 'kysely'
import type { Stamps } from './stamps.ts'

interface Row extends Stamps {
  readonly tenant_id: number
  readonly id: Generated<number>
}

/** Exact decimals, which the driver returns as text. */
interface Placed {
  latitude: string | null
  longitude: string | null
}

export interface CarbonOrganizationTable extends Row, Placed {
  name: string
  org_type: string
  total_capacity: number
}

export interface CarbonZoneTable extends Row, Placed {
  organization_id: number
  name: string
  zone_type: string
  /** 0: none is set. */
  capacity: number
}

export interface CarbonCameraTable extends Row {
  zone_id: number
  name: string
  is_active: boolean
}

export interface CarbonAlertTable extends Row {
  camera_id: number | null
  heading: string
  sub_heading: string | null
  status: 'OPEN' | 'CLOSED'
  readonly closed_at: Generated<string | null>
  resolution: 'auto' | 'manual' | null
}

export interface CarbonNotificationTable extends Row {
  title: string
  message: string
}

/** The savings of a zone: one row for each zone that has a detection. */
export interface CarbonLedgerTable {
  readonly tenant_id: number
  readonly zone_id: number
  logs: Generated<string>
  saved: Generated<string>
  recent: Generated<unknown>
  last_at: string
}
