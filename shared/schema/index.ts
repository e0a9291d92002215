// The database as Kysely sees it, one file per table. The tables are made by migrations/, and their result is migrations/schema.sql.
import type {
  AlertEventTable,
  AlertRuleTable,
  AlertStateTable,
  NotificationChannelTable,
  NotificationTable,
} from './alert.ts'
import type { ApiKeyTable } from './api-key.ts'
import type { AppUserTable } from './app-user.ts'
import type { ArchiveHoldTable, ArchiveTable } from './archive.ts'
import type {
  AuditEntryTable,
  AuditKeptTable,
  AuditSealCopyTable,
  AuditSealPartTable,
  AuditSealTable,
} from './audit.ts'
import type { BackfillJobTable, BackfillLeaseTable } from './backfill.ts'
import type {
  CarbonAlertTable,
  CarbonCameraTable,
  CarbonLedgerTable,
  CarbonNotificationTable,
  CarbonOrganizationTable,
  CarbonZoneTable,
} from './carbon.ts'
import type { DeadLetterTable } from './dead-letter.ts'
import type { IdempotencyKeyTable } from './idempotency-key.ts'
import type { ImportProgressTable } from './import-progress.ts'
import type { InsightFeedbackTable, InsightVersionTable } from './insight-feedback.ts'
import type { InstanceReportTable } from './instance-report.ts'
import type { JobRunTable } from './job-run.ts'
import type { PlanTable, QuotaWindowTable, UsageDayTable } from './limits.ts'
import type { MetricSeriesTable } from './metric-series.ts'
import type {
  GearBrandTable,
  GearCategoryTable,
  GearItemTable,
  ProductionGearTable,
  ProductionNoteTable,
  ProductionProjectTable,
  ProductionShotTable,
  ProductionTaskTable,
} from './productions.ts'
import type { TenantQuotaTable, TenantUsageTable } from './quota.ts'
import type { StampMinuteTable } from './stamp-minute.ts'
import type { TenantTable } from './tenant.ts'

export interface Database {
  readonly alert_event: AlertEventTable
  readonly alert_rule: AlertRuleTable
  readonly alert_state: AlertStateTable
  readonly api_key: ApiKeyTable
  readonly app_user: AppUserTable
  readonly archive: ArchiveTable
  readonly archive_hold: ArchiveHoldTable
  readonly audit_entry: AuditEntryTable
  readonly audit_kept: AuditKeptTable
  readonly audit_seal: AuditSealTable
  readonly audit_seal_copy: AuditSealCopyTable
  readonly audit_seal_part: AuditSealPartTable
  readonly backfill_job: BackfillJobTable
  readonly backfill_lease: BackfillLeaseTable
  readonly carbon_alert: CarbonAlertTable
  readonly carbon_camera: CarbonCameraTable
  readonly carbon_ledger: CarbonLedgerTable
  readonly carbon_notification: CarbonNotificationTable
  readonly carbon_organization: CarbonOrganizationTable
  readonly carbon_zone: CarbonZoneTable
  readonly dead_letter: DeadLetterTable
  readonly gear_brand: GearBrandTable
  readonly gear_category: GearCategoryTable
  readonly gear_item: GearItemTable
  readonly idempotency_key: IdempotencyKeyTable
  readonly import_progress: ImportProgressTable
  readonly insight_feedback: InsightFeedbackTable
  readonly insight_version: InsightVersionTable
  readonly instance_report: InstanceReportTable
  readonly job_run: JobRunTable
  readonly metric_series: MetricSeriesTable
  readonly notification: NotificationTable
  readonly notification_channel: NotificationChannelTable
  readonly plan: PlanTable
  readonly production_gear: ProductionGearTable
  readonly production_note: ProductionNoteTable
  readonly production_project: ProductionProjectTable
  readonly production_shot: ProductionShotTable
  readonly production_task: ProductionTaskTable
  readonly quota_window: QuotaWindowTable
  readonly stamp_minute: StampMinuteTable
  readonly tenant: TenantTable
  readonly tenant_quota: TenantQuotaTable
  readonly tenant_usage: TenantUsageTable
  readonly usage_day: UsageDayTable
}

export type { AuditOutcome } from './audit.ts'
export type { JobStatus } from './backfill.ts'
