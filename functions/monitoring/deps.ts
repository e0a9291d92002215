// The dependencies of all rules of monitoring.
import type { Clock } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Platform } from '@penstock/shared/slice/define-slice.ts'

export interface MonitoringDeps {
  readonly db: Pick<PenstockDatabase, 'read' | 'write' | 'readAll' | 'writeAll'>
  readonly now: Clock
  readonly platform: Pick<Platform, 'tier'>
}
