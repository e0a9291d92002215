// The operations of the API and their types. Written by npm run openapi; do not edit it by hand.

export type Alert = {
  readonly id: number
  readonly camera: number | null
  readonly heading: string
  readonly sub_heading: string | null
  readonly status: 'OPEN' | 'CLOSED'
  readonly closed_at: string | null
  readonly resolution: 'auto' | 'manual' | null
  readonly created_at: string
  readonly updated_at: string
}

export type AlertAnalytics = {
  readonly period_start: string
  readonly period_end: string
  readonly total_alerts: number
  readonly active_alerts: number
  readonly resolved_alerts: number
  readonly mean_time_to_resolution_minutes: number | null
  readonly alert_frequency_by_service: readonly {
    readonly service_name: string
    readonly total_alerts: number
    readonly critical_alerts: number
    readonly warning_alerts: number
    readonly info_alerts: number
    readonly avg_alerts_per_day: number
  }[]
  readonly most_common_alert_types: readonly {
    readonly metric_type: string
    readonly service_name: string
    readonly alert_count: number
    readonly avg_metric_value: number | null
  }[]
  readonly alert_trends: readonly {
    readonly date: string
    readonly total_alerts: number
    readonly critical_alerts: number
    readonly warning_alerts: number
    readonly info_alerts: number
  }[]
}

export type AlertChange = {
  readonly camera?: number | null | undefined
  readonly heading?: string | undefined
  readonly sub_heading?: string | null | undefined
  readonly status?: 'OPEN' | 'CLOSED' | undefined
}

export type AlertCreate = {
  readonly camera?: number | null | undefined
  readonly heading: string
  readonly sub_heading?: string | null | undefined
  readonly status?: 'OPEN' | 'CLOSED' | null | undefined
}

export type AlertEvaluation = { readonly tenant?: string | null | undefined }

export type AlertEvaluationResult = {
  readonly status: 'success'
  readonly total_evaluated: number
  readonly triggered: number
  readonly resolved: number
  readonly suppressed: number
  readonly no_data: number
  readonly errors: number
  readonly notifications: { readonly sent: number; readonly failed: number; readonly pending: number }
  readonly more: boolean
}

export type AlertEvent = {
  readonly id: string
  readonly alert_config_id: string
  readonly group: string | null
  readonly triggered_at: string
  readonly resolved_at: string | null
  readonly severity: 'info' | 'warning' | 'critical'
  readonly metric_value: number | null
  readonly threshold_value: number
  readonly message: string
  readonly notification_sent: boolean
  readonly notification_channels: readonly string[]
  readonly resolution_method: 'auto' | 'suppressed' | 'manual' | null
  readonly resolved_by: string | null
  readonly comment: string | null
}

export type AlertEventPage = {
  readonly history: readonly AlertEvent[]
  readonly total: number
  readonly page: number
  readonly page_size: number
}

export type AlertEventResolve = { readonly comment?: string | null | undefined }

export type AlertNotification = {
  readonly id: string
  readonly event_id: string | null
  readonly kind: 'triggered' | 'resolved' | 'repeated' | 'flapping' | 'test'
  readonly channel_id: string | null
  readonly channel_type: 'email' | 'slack' | 'sms' | 'webhook'
  readonly state: 'pending' | 'leased' | 'sent' | 'failed'
  readonly attempts: number
  readonly created_at: string
  readonly next_attempt_at: string | null
  readonly sent_at: string | null
  readonly last_error: string | null
}

export type AlertNotificationList = { readonly notifications: readonly AlertNotification[]; readonly total: number }

export type AlertPreview = {
  readonly evaluations: number
  readonly transitions: readonly {
    readonly at: string
    readonly from: 'normal' | 'pending' | 'firing' | 'recovering'
    readonly to: 'normal' | 'pending' | 'firing' | 'recovering'
    readonly value: number | null
    readonly group: string | null
  }[]
  readonly events: readonly {
    readonly triggered_at: string
    readonly resolved_at: string | null
    readonly severity: 'info' | 'warning' | 'critical'
    readonly metric_value: number | null
    readonly threshold_value: number
    readonly message: string
    readonly resolution_method: 'auto' | 'suppressed' | null
    readonly group: string | null
  }[]
  readonly flapping: boolean
}

export type AlertPreviewRequest = {
  readonly rule: AlertRuleCreate
  readonly start_time: string
  readonly end_time: string
  readonly step_seconds?: number | null | undefined
}

export type AlertRule = {
  readonly id: string
  readonly name: string
  readonly service_name: string
  readonly metric_type: string
  readonly threshold_type: 'absolute' | 'percentage' | 'rate'
  readonly threshold_value: number
  readonly comparison_operator: '>' | '<' | '>=' | '<=' | '=='
  readonly severity: 'info' | 'warning' | 'critical'
  readonly evaluation_window_seconds: number
  readonly notification_channels: readonly ('email' | 'slack' | 'sms' | 'webhook')[]
  readonly channel_ids: readonly string[]
  readonly suppression_enabled: boolean
  readonly suppression_start: string | null
  readonly suppression_end: string | null
  readonly enabled: boolean
  readonly aggregate: 'avg' | 'min' | 'max' | 'sum' | 'count' | 'last'
  readonly unit: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly group_by: string | null
  readonly for_seconds: number
  readonly recover_seconds: number
  readonly recover_value: number | null
  readonly no_data: 'keep' | 'alert' | 'resolve'
  readonly repeat_seconds: number
  readonly last_error: string | null
  readonly evaluated_at: string | null
  readonly created_by: string
  readonly created_at: string
  readonly updated_at: string
  readonly version: number
}

export type AlertRuleChange = {
  readonly name?: string | null | undefined
  readonly threshold_value?: number | null | undefined
  readonly comparison_operator?: '>' | '<' | '>=' | '<=' | '==' | null | undefined
  readonly severity?: 'info' | 'warning' | 'critical' | null | undefined
  readonly evaluation_window_seconds?: number | null | undefined
  readonly notification_channels?: readonly ('email' | 'slack' | 'sms' | 'webhook')[] | null | undefined
  readonly channel_ids?: readonly string[] | null | undefined
  readonly suppression_enabled?: boolean | null | undefined
  readonly suppression_start?: string | null | undefined
  readonly suppression_end?: string | null | undefined
  readonly enabled?: boolean | null | undefined
  readonly aggregate?: 'avg' | 'min' | 'max' | 'sum' | 'count' | 'last' | null | undefined
  readonly unit?: string | null | undefined
  readonly labels?: Readonly<Record<string, string>> | null | undefined
  readonly for_seconds?: number | null | undefined
  readonly recover_seconds?: number | null | undefined
  readonly recover_value?: number | null | undefined
  readonly no_data?: 'keep' | 'alert' | 'resolve' | null | undefined
  readonly repeat_seconds?: number | null | undefined
}

export type AlertRuleCreate = {
  readonly name: string
  readonly service_name: string
  readonly metric_type: string
  readonly threshold_type: 'absolute' | 'percentage' | 'rate'
  readonly threshold_value: number
  readonly comparison_operator: '>' | '<' | '>=' | '<=' | '=='
  readonly severity: 'info' | 'warning' | 'critical'
  readonly evaluation_window_seconds?: number | null | undefined
  readonly notification_channels?: readonly ('email' | 'slack' | 'sms' | 'webhook')[] | null | undefined
  readonly channel_ids?: readonly string[] | null | undefined
  readonly suppression_enabled?: boolean | null | undefined
  readonly suppression_start?: string | null | undefined
  readonly suppression_end?: string | null | undefined
  readonly enabled?: boolean | null | undefined
  readonly aggregate?: 'avg' | 'min' | 'max' | 'sum' | 'count' | 'last' | null | undefined
  readonly unit?: string | null | undefined
  readonly labels?: Readonly<Record<string, string>> | null | undefined
  readonly group_by?: string | null | undefined
  readonly for_seconds?: number | null | undefined
  readonly recover_seconds?: number | null | undefined
  readonly recover_value?: number | null | undefined
  readonly no_data?: 'keep' | 'alert' | 'resolve' | null | undefined
  readonly repeat_seconds?: number | null | undefined
}

export type AlertRulePage = {
  readonly alerts: readonly AlertRule[]
  readonly total: number
  readonly page: number
  readonly page_size: number
}

export type ApiKey = {
  readonly id: string
  readonly key_prefix: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly user: string | null
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
}

export type ApiKeyRotation = { readonly overlap_hours?: number | null | undefined }

export type ArchiveFinding = {
  readonly uri: string
  readonly code: 'missing' | 'checksum' | 'unreadable' | 'rows' | 'span' | 'content' | 'unknown'
  readonly detail: string
}

export type ArchiveVerification = {
  readonly ok: boolean
  readonly checked: number
  readonly findings: readonly ArchiveFinding[]
  readonly more: boolean
  readonly next: string | null
}

export type ArchivedObject = {
  readonly dataset: 'metrics' | 'feedback' | 'backfill_jobs' | 'audit'
  readonly tenant: string
  readonly month: string | null
  readonly uri: string
  readonly generation: string
  readonly rows: number
  readonly min_timestamp: string
  readonly max_timestamp: string
  readonly size_bytes: number
  readonly crc32c: string
  readonly content_sha256: string
  readonly state: string
  readonly held: boolean
  readonly written_at: string
}

export type AuditEntry = {
  readonly id: string
  readonly at: string
  readonly tenant: string | null
  readonly actor: string
  readonly actor_kind: 'key' | 'user' | 'service' | 'open' | 'database'
  readonly login: string
  readonly action: string
  readonly object_type: string
  readonly object_id: string | null
  readonly outcome: 'success' | 'partial' | 'failed' | 'denied'
  readonly request_id: string | null
  readonly address_prefix: string | null
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

export type AuditSealing = {
  readonly status: 'success' | 'partial'
  readonly sealed: number
  readonly entries: number
  readonly copied: number
  readonly more: boolean
  readonly detail?: string | undefined
}

export type AuditVerification = {
  readonly ok: boolean
  readonly seals: number
  readonly entries: number
  readonly unsealed: number
  readonly unsealed_since: string | null
  readonly first_broken: {
    readonly seal: number
    readonly expected: string | null
    readonly found: string | null
    readonly detail: string
  } | null
  readonly copies: boolean
  readonly more: boolean
  readonly next: number | null
}

export type BackfillClaim = {
  readonly worker: string
  readonly size?: number | null | undefined
  readonly lease_seconds?: number | null | undefined
}

export type BackfillJob = {
  readonly id: string
  readonly job_type: string
  readonly start_block: number | bigint
  readonly end_block: number | bigint
  readonly current_block: number | bigint
  readonly status: 'running' | 'paused' | 'completed' | 'failed'
  readonly progress_percentage: number
  readonly estimated_completion: string | null
  readonly error_message: string | null
  readonly started_at: string
  readonly completed_at: string | null
  readonly created_by: string | null
  readonly version: number
}

export type BackfillLease = {
  readonly lease_id: string
  readonly fencing_token: number
  readonly start_block: number | bigint
  readonly end_block: number | bigint
  readonly expires_at: string
  readonly failures: number
}

export type BackfillLeaseReport = { readonly lease_id: string; readonly fencing_token: number }

export type BackfillProgress = {
  readonly current_block: number | bigint
  readonly progress_percentage: number
  readonly estimated_completion?: string | null | undefined
  readonly status?: 'running' | 'paused' | 'completed' | 'failed' | null | undefined
  readonly error_message?: string | null | undefined
}

export type BackfillStart = {
  readonly job_type: string
  readonly start_block: number | bigint
  readonly end_block: number | bigint
  readonly created_by?: string | null | undefined
}

export type BackupChecks = {
  readonly instance_accessible: boolean
  readonly schema_matches: boolean
  readonly tables_exist: boolean
  readonly row_counts_match: boolean
  readonly checksums_match: boolean
  readonly marker_age_s: number | null
}

export type BackupCleanup = {
  readonly status: 'success'
  readonly message: string
  readonly removed: readonly string[]
}

export type BackupContinued = {
  readonly status: 'success' | 'partial'
  readonly resumed: readonly ('export' | 'verification')[]
}

export type BackupExport = {
  readonly export_id: string
  readonly created_at: string
  readonly status: 'in_progress' | 'success' | 'failed'
  readonly uri: string | null
  readonly bytes: number | null
  readonly crc32c: string | null
  readonly expires_at: string | null
  readonly error: string | null
}

export type BackupExports = { readonly exports: readonly BackupExport[]; readonly total: number }

export type BackupRequest = {}

export type BackupRunRequest = { readonly instance_name?: string | null | undefined }

export type BackupStatus = {
  readonly instance_name: string
  readonly project_id: string
  readonly backup_bucket: string
  readonly verification_schedule: string
  readonly latest_verification: BackupVerification | null
  readonly latest_success_age_s: number | null
  readonly next_verification: string
  readonly latest_backup: { readonly id: string; readonly finished_at: string } | null
  readonly latest_export: BackupExport | null
}

export type BackupStep = {
  readonly step: 'get_latest_backup' | 'create_test_instance' | 'wait_for_ready' | 'verify_integrity' | 'cleanup'
  readonly status: 'success' | 'failed'
  readonly at: string
  readonly detail?: string | undefined
  readonly checks?: BackupChecks | undefined
  readonly tables?:
    | readonly {
        readonly table: string
        readonly searched: 'copy' | 'suite'
        readonly expected: number
        readonly found: number
        readonly sample: number
      }[]
    | undefined
}

export type BackupVerification = {
  readonly verification_id: string
  readonly timestamp: string
  readonly finished_at: string | null
  readonly instance_name: string
  readonly test_instance_name: string
  readonly backup_id: string | null
  readonly status: 'in_progress' | 'success' | 'failed'
  readonly steps: readonly BackupStep[]
  readonly checks: BackupChecks | null
  readonly error: string | null
}

export type BackupVerifications = { readonly verifications: readonly BackupVerification[]; readonly total: number }

export type Camera = {
  readonly id: number
  readonly name: string
  readonly is_active: boolean
  readonly zone_id: number
  readonly created_at: string
  readonly updated_at: string
  readonly zone: {
    readonly id: number
    readonly name: string
    readonly zone_type: string
    readonly organization: { readonly id: number; readonly name: string; readonly org_type: string }
  }
}

export type CameraChange = {
  readonly name?: string | undefined
  readonly is_active?: boolean | undefined
  readonly zone_id?: number | undefined
}

export type CameraCreate = {
  readonly name: string
  readonly is_active?: boolean | null | undefined
  readonly zone_id: number
}

export type CarbonHealth = {
  readonly overall_status: 'OK' | 'DEGRADED'
  readonly database: 'OK'
  readonly external_service: string
}

export type CarbonStats = {
  readonly summary: {
    readonly total_saved_all_time: number
    readonly average_per_detection: number
    readonly detections: number
  }
  readonly recent_history: readonly { readonly zone: string; readonly saved: number; readonly date: string }[]
}

export type CarbonStatus = { readonly status: 'OK'; readonly message: string }

export type Cardinality = {
  readonly series: number
  readonly limit: number
  readonly by_metric: readonly {
    readonly service_name: string
    readonly metric_type: string
    readonly series: number
  }[]
  readonly by_label: readonly { readonly label: string; readonly values: number; readonly series: number }[]
  readonly label_values?: readonly { readonly value: string | null; readonly series: number }[] | undefined
}

export type CommentRequest = { readonly insight_id: string; readonly user_id: string; readonly comment: string }

export type CompactionRun = {
  readonly status: 'success' | 'partial'
  readonly points: {
    readonly taken: number
    readonly written: number
    readonly replaced: number
    readonly dropped: number
  }
  readonly days: number
  readonly errors: readonly { readonly tenant: string; readonly detail: string }[]
  readonly more: boolean
}

export type ConsoleSettings = {
  readonly base_url: string
  readonly urls?: Readonly<Record<string, string>> | undefined
  readonly version: string
}

export type DatabaseConnections = {
  readonly status: 'success'
  readonly metrics: {
    readonly max_connections: number
    readonly used: number
    readonly roles: readonly {
      readonly role: string
      readonly function: string
      readonly limit: number
      readonly used: number
      readonly active: number
      readonly idle: number
      readonly idle_in_transaction: number
      readonly longest_transaction_s: number | null
    }[]
    readonly others: readonly { readonly role: string; readonly used: number }[]
  }
}

export type DatabaseIndexes = {
  readonly status: 'success'
  readonly metrics: {
    readonly indexes: readonly {
      readonly table: string
      readonly index: string
      readonly size_bytes: number
      readonly scans: number
      readonly valid: boolean
      readonly unique: boolean
      readonly unused_since: string | null
    }[]
  }
}

export type DatabaseLocks = {
  readonly status: 'success'
  readonly metrics: {
    readonly waiting: readonly {
      readonly pid: number
      readonly role: string
      readonly waits_ms: number
      readonly mode: string
      readonly relation: string | null
      readonly blocked_by: readonly {
        readonly pid: number
        readonly role: string
        readonly state: string
        readonly transaction_s: number | null
      }[]
    }[]
    readonly deadlocks: number
    readonly deadlocks_since: string | null
  }
}

export type DatabasePool = {
  readonly status: 'success'
  readonly metrics: {
    readonly size: number
    readonly checked_in: number
    readonly checked_out: number
    readonly total_connections: number
    readonly waiting: number
    readonly overflow: number
    readonly timestamp: string
    readonly budget: {
      readonly tier: string
      readonly max_connections: number
      readonly reserved: number
      readonly available: number
      readonly planned: number
    }
    readonly functions: readonly {
      readonly function: string
      readonly slices: readonly string[]
      readonly role: string
      readonly connection_limit: number
      readonly instances: number
      readonly connections: number
      readonly active: number
      readonly idle: number
      readonly idle_in_transaction: number
      readonly waiting: number
    }[]
    readonly instances: readonly {
      readonly function: string
      readonly slices: readonly string[]
      readonly instance: string
      readonly revision: string
      readonly reported_at: string
      readonly silent: boolean
      readonly max: number
      readonly lent: number
      readonly idle: number
      readonly waiting: number
    }[]
  }
}

export type DatabaseQueries = {
  readonly status: 'success'
  readonly metrics: {
    readonly total_queries: number
    readonly slow_queries: number
    readonly slow_query_percentage: number
    readonly average_query_time: number
    readonly total_query_time: number
    readonly p50_query_time: number | null
    readonly p95_query_time: number | null
    readonly p99_query_time: number | null
    readonly slow_query_threshold: number
    readonly timestamp: string
    readonly since: string
    readonly functions: readonly {
      readonly function: string
      readonly slices: readonly string[]
      readonly total_queries: number
      readonly slow_queries: number
      readonly slow_query_percentage: number
      readonly average_query_time: number
      readonly total_query_time: number
      readonly p50_query_time: number | null
      readonly p95_query_time: number | null
      readonly p99_query_time: number | null
    }[]
    readonly statement_statistics: boolean
    readonly top_statements: readonly {
      readonly id: string
      readonly function: string | null
      readonly text: string
      readonly calls: number
      readonly mean_ms: number
      readonly p95_ms: number | null
      readonly total_ms: number
      readonly share: number
      readonly since: string | null
      readonly source: 'own' | 'pg_stat_statements'
    }[]
  }
}

export type DatabaseReplication = {
  readonly status: 'success'
  readonly metrics: {
    readonly role: 'primary' | 'replica'
    readonly replicas: readonly {
      readonly name: string
      readonly state: string
      readonly replay_lag_s: number | null
      readonly replay_lag_bytes: number | null
    }[]
  }
}

export type DatabaseTables = {
  readonly status: 'success'
  readonly metrics: {
    readonly tables: readonly {
      readonly table: string
      readonly size_bytes: number
      readonly live_rows: number
      readonly dead_rows: number
      readonly oldest_xid_age: number
      readonly dead_share: number
      readonly bloat_bytes_estimate: number
      readonly last_autovacuum: string | null
      readonly cache_hit_ratio: number | null
    }[]
    readonly cache_hit_ratio: number | null
  }
}

export type Demo = {
  readonly tenant: string
  readonly key: string
  readonly expires_at: string
  readonly limits: { readonly requests_per_hour: number; readonly series: number }
}

export type Detection = {
  readonly zone_id: number
  readonly camera_id: number
  readonly people: number
  readonly people_estimated?: number | null | undefined
  readonly timestamp?: string | null | undefined
}

export type DetectionResult = {
  readonly zone: string
  readonly capacity: number
  readonly detected_people: number
  readonly occupancy_percentage: string | null
  readonly status: 'NORMAL' | 'DANGER'
  readonly alert_created: boolean
  readonly alert_id?: number | undefined
  readonly alert_message?: string | undefined
  readonly alert_closed?: true | undefined
  readonly carbon_message?: string | undefined
  readonly carbon_data?:
    | {
        readonly filename: string | null
        readonly sahi_count: number
        readonly gemini_count: number
        readonly calculation_result: number
        readonly formula: string
        readonly message: string
      }
    | undefined
  readonly carbon_error?: string | undefined
}

export type EntryPoints = {
  readonly name: 'Penstock'
  readonly version: string
  readonly openapi: string
  readonly docs: string
  readonly console: string
}

export type Equipment = {
  readonly id: string
  readonly name: string
  readonly catalogItemId: string | null
  readonly customName: string | null
  readonly category: string
  readonly serialNumber: string | null
  readonly pricePerDay: number
  readonly rentalPrice: number | null
  readonly rentalFrequency: string | null
  readonly quantity: number
  readonly isOwned: boolean
  readonly status: string
  readonly specs: Readonly<Record<string, unknown>>
}

export type EquipmentChange = {
  readonly name?: string | undefined
  readonly catalogItemId?: string | null | undefined
  readonly customName?: string | null | undefined
  readonly category?: string | undefined
  readonly serialNumber?: string | null | undefined
  readonly pricePerDay?: number | undefined
  readonly rentalPrice?: number | null | undefined
  readonly rentalFrequency?: string | null | undefined
  readonly quantity?: number | undefined
  readonly isOwned?: boolean | undefined
  readonly status?: string | undefined
}

export type EquipmentCreate = {
  readonly id: string
  readonly name: string
  readonly catalogItemId?: string | null | undefined
  readonly customName?: string | null | undefined
  readonly category?: string | null | undefined
  readonly serialNumber?: string | null | undefined
  readonly pricePerDay?: number | null | undefined
  readonly rentalPrice?: number | null | undefined
  readonly rentalFrequency?: string | null | undefined
  readonly quantity?: number | null | undefined
  readonly isOwned?: boolean | null | undefined
  readonly status?: string | null | undefined
}

export type Feedback = {
  readonly id: string
  readonly insight_id: string
  readonly user_id: string
  readonly rating: number | null
  readonly comment: string | null
  readonly flag_type: 'inaccurate' | 'misleading' | 'spam' | null
  readonly flag_reason: string | null
  readonly created_at: string
  readonly updated_at: string
}

export type FeedbackComment = {
  readonly id: string
  readonly user_id: string
  readonly created_at: string
  readonly updated_at: string
  readonly comment: string
}

export type FeedbackCommentsPage = {
  readonly insight_id: string
  readonly comments: readonly FeedbackComment[]
  readonly total: number
  readonly limit: number
  readonly offset: number
}

export type FeedbackStats = {
  readonly insight_id: string
  readonly total_ratings: number
  readonly average_rating: number
  readonly rating_distribution: {
    readonly '1': number
    readonly '2': number
    readonly '3': number
    readonly '4': number
    readonly '5': number
  }
  readonly total_comments: number
  readonly total_flags: number
  readonly flag_types: Readonly<Record<string, number>>
}

export type FeedbackUserPage = {
  readonly user_id: string
  readonly feedback: readonly Feedback[]
  readonly total: number
  readonly limit: number
  readonly offset: number
}

export type FlagRequest = {
  readonly insight_id: string
  readonly user_id: string
  readonly flag_type: 'inaccurate' | 'misleading' | 'spam'
  readonly flag_reason?: string | null | undefined
}

export type GearBrand = { readonly id: string; readonly name: string }

export type GearCategory = { readonly id: string; readonly name: string; readonly slug: string }

export type GearItem = {
  readonly id: string
  readonly brand_id: string
  readonly category_id: string
  readonly name: string
  readonly specs: Readonly<Record<string, unknown>>
}

export type InitialContent = {
  readonly projects: readonly Project[]
  readonly inventory: readonly Equipment[]
  readonly shots?: readonly Shot[] | undefined
  readonly notes?: readonly Note[] | undefined
  readonly tasks?: readonly Task[] | undefined
}

export type LegalHold = {
  readonly id: string
  readonly tenant: string
  readonly dataset: 'metrics' | 'feedback' | 'backfill_jobs' | 'audit'
  readonly start_time: string
  readonly end_time: string
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: string
  readonly released_by: string | null
  readonly released_at: string | null
  readonly objects: number
}

export type LenientAnswer = {
  readonly accepted: number
  readonly deferred: number
  readonly rejected: readonly {
    readonly index: number
    readonly code: 'invalid' | 'too_far_ahead' | 'too_old' | 'month_expired' | 'series_limit_reached'
    readonly detail: string
  }[]
}

export type LimitRoom = { readonly used: number; readonly limit: number | null }

export type LimitWindow = {
  readonly limit: number | null
  readonly used: number
  readonly remaining: number | null
  readonly resets_at: string
}

export type Limits = {
  readonly plan: string
  readonly limits: {
    readonly requests_per_hour: LimitWindow
    readonly points_per_minute: LimitWindow
    readonly series: { readonly used: number; readonly limit: number }
    readonly users: LimitRoom
    readonly keys: LimitRoom
  }
  readonly refused_today: { readonly requests: number; readonly points: number; readonly series: number }
}

export type MadeApiKey = {
  readonly id: string
  readonly key_prefix: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly user: string | null
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly key: string
}

export type Me = {
  readonly kind: 'key' | 'user' | 'open' | 'platform' | 'service'
  readonly name: string
  readonly tenant: string | null
  readonly user: string | null
  readonly role: 'viewer' | 'operator' | 'owner' | 'manager' | 'admin' | null
  readonly scopes: readonly string[]
  readonly plan: string | null
}

export type Message = { readonly message: string }

export type Metric = {
  readonly id: string
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly unit: string
  readonly timestamp: string
  readonly metric_metadata: Readonly<Record<string, unknown>> | null
}

export type MetricAggregate = {
  readonly service_name: string
  readonly metric_type: string
  readonly interval: 'minute' | '5m' | '15m' | 'hour' | 'day' | 'week' | 'month'
  readonly start_time: string
  readonly end_time: string
  readonly data: readonly MetricBucket[]
}

export type MetricAggregateColumns = {
  readonly service_name: string
  readonly metric_type: string
  readonly interval: 'minute' | '5m' | '15m' | 'hour' | 'day' | 'week' | 'month'
  readonly start_time: string
  readonly end_time: string
  readonly series: readonly MetricBucketColumns[]
}

export type MetricBucket = {
  readonly timestamp: string
  readonly avg_value: number
  readonly min_value: number
  readonly max_value: number
  readonly count: number
  readonly sum_value: number
  readonly group?: string | null | undefined
  readonly percentiles?: Readonly<Record<string, number>> | undefined
}

export type MetricBucketColumns = {
  readonly group?: string | null | undefined
  readonly timestamps: readonly number[]
  readonly avg_value: readonly number[]
  readonly min_value: readonly number[]
  readonly max_value: readonly number[]
  readonly count: readonly number[]
  readonly sum_value: readonly number[]
  readonly percentiles?: Readonly<Record<string, readonly number[]>> | undefined
}

export type MetricColumns = {
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly metric_metadata: Readonly<Record<string, unknown>> | null
  readonly timestamps: readonly number[]
  readonly values: readonly number[]
}

export type MetricEntry = {
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly unit: string
  readonly timestamp?: string | null | undefined
  readonly metric_metadata?: Readonly<Record<string, unknown>> | null | undefined
}

export type MetricSeries = {
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly metric_metadata: Readonly<Record<string, unknown>> | null
  readonly first_timestamp: string | null
  readonly last_timestamp: string | null
}

export type MetricTrendEntry = {
  readonly timestamp: string
  readonly avg_value: number | null
  readonly count: number
  readonly moving_average: number | null
  readonly previous_value: number | null
  readonly change_percentage: number | null
}

export type MetricTrends = {
  readonly service_name: string
  readonly metric_type: string
  readonly interval: 'hour' | 'day' | 'week'
  readonly start_time: string
  readonly end_time: string
  readonly current: {
    readonly avg_value: number | null
    readonly min_value: number | null
    readonly max_value: number | null
    readonly sum_value: number
    readonly count: number
  }
  readonly previous: {
    readonly avg_value: number | null
    readonly min_value: number | null
    readonly max_value: number | null
    readonly sum_value: number
    readonly count: number
    readonly start_time: string
    readonly end_time: string
  } | null
  readonly change: {
    readonly avg_absolute: number | null
    readonly avg_percentage: number | null
    readonly sum_percentage: number | null
    readonly count_percentage: number | null
  } | null
  readonly trend: {
    readonly slope_per_day: number | null
    readonly r_squared: number | null
    readonly direction: 'rising' | 'falling' | 'flat'
  }
  readonly data: readonly MetricTrendEntry[]
}

export type MinimalAnswer = { readonly accepted: number }

export type MonthMap = { readonly months: readonly MonthOnMap[] }

export type MonthOnMap = {
  readonly month: string
  readonly state: string
  readonly rows: number | null
  readonly bytes: number | null
  readonly objects: number
  readonly held: boolean
}

export type NewApiKey = {
  readonly name: string
  readonly scopes?: readonly string[] | null | undefined
  readonly expires_in_days?: number | null | undefined
}

export type NewTenant = {
  readonly name: string
  readonly plan?: 'unlimited' | 'free' | 'pro' | 'power' | 'white_label' | 'demo' | null | undefined
  readonly series_limit?: number | null | undefined
  readonly ignored_labels?: readonly string[] | null | undefined
}

export type NewUser = {
  readonly subject: string
  readonly email: string
  readonly display_name?: string | null | undefined
  readonly role: 'viewer' | 'operator' | 'owner' | 'manager' | 'admin'
  readonly status?: 'active' | 'invited' | 'suspended' | null | undefined
}

export type Note = {
  readonly id: string
  readonly title: string
  readonly content: string
  readonly shotId: string | null
  readonly taskId: string | null
  readonly project_id: string
  readonly created_at: string
  readonly updated_at: string
}

export type NoteChange = {
  readonly title?: string | undefined
  readonly content?: string | undefined
  readonly shotId?: string | null | undefined
  readonly taskId?: string | null | undefined
}

export type NoteCreate = {
  readonly id: string
  readonly title: string
  readonly content?: string | null | undefined
  readonly shotId?: string | null | undefined
  readonly taskId?: string | null | undefined
}

export type Notification = {
  readonly id: number
  readonly title: string
  readonly message: string
  readonly created_at: string
}

export type NotificationChannel = {
  readonly id: string
  readonly type: 'email' | 'slack' | 'sms' | 'webhook'
  readonly name: string
  readonly enabled: boolean
  readonly hint: string
  readonly last_error: string | null
  readonly created_by: string
  readonly created_at: string
  readonly updated_at: string
  readonly version: number
}

export type NotificationChannelChange = {
  readonly name?: string | null | undefined
  readonly enabled?: boolean | null | undefined
  readonly address?: string | null | undefined
  readonly url?: string | null | undefined
  readonly to?: string | null | undefined
  readonly rotate_secret?: boolean | null | undefined
}

export type NotificationChannelCreate = {
  readonly type: 'email' | 'slack' | 'sms' | 'webhook'
  readonly name: string
  readonly address?: string | null | undefined
  readonly url?: string | null | undefined
  readonly to?: string | null | undefined
}

export type NotificationChannelList = { readonly channels: readonly NotificationChannel[] }

export type NotificationChannelTest = { readonly notification_id: string }

export type NotificationChannelWithSecret = {
  readonly id: string
  readonly type: 'email' | 'slack' | 'sms' | 'webhook'
  readonly name: string
  readonly enabled: boolean
  readonly hint: string
  readonly last_error: string | null
  readonly created_by: string
  readonly created_at: string
  readonly updated_at: string
  readonly version: number
  readonly secret?: string | undefined
}

export type NotificationCreate = { readonly title: string; readonly message: string }

export type Organization = {
  readonly id: number
  readonly name: string
  readonly org_type: string
  readonly total_capacity: number
  readonly latitude: string | number | null
  readonly longitude: string | number | null
  readonly created_at: string
  readonly updated_at: string
  readonly zones: readonly {
    readonly id: number
    readonly name: string
    readonly zone_type: string
    readonly cameras: readonly { readonly id: number; readonly name: string; readonly is_active: boolean }[]
  }[]
}

export type OrganizationChange = {
  readonly name?: string | undefined
  readonly org_type?: string | undefined
  readonly total_capacity?: number | undefined
  readonly latitude?: string | number | null | undefined
  readonly longitude?: string | number | null | undefined
}

export type OrganizationCreate = {
  readonly name: string
  readonly org_type: string
  readonly total_capacity?: number | null | undefined
  readonly latitude?: string | number | null | undefined
  readonly longitude?: string | number | null | undefined
}

export type PartitionFinding = {
  readonly code:
    | 'month_missing'
    | 'partition_missing'
    | 'state_mismatch'
    | 'wrong_bounds'
    | 'default_partition'
    | 'detach_pending'
    | 'unattached'
    | 'row_security'
    | 'stray_grant'
    | 'index_missing'
    | 'index_invalid'
    | 'role_changed'
  readonly table: string
  readonly detail: string
}

export type Partitions = {
  readonly partitions: readonly {
    readonly table: string
    readonly month: string | null
    readonly state: 'live' | 'sealed' | 'written' | 'verified' | 'cold' | 'detached' | 'dropped' | 'expired' | null
    readonly rows: number | null
  }[]
  readonly deferred: readonly { readonly month: string; readonly points: number }[]
  readonly last_run: {
    readonly started_at: string
    readonly finished_at: string | null
    readonly outcome: 'success' | 'partial' | 'failed' | null
  } | null
  readonly findings: readonly PartitionFinding[]
}

export type PartitionsRun = {
  readonly status: 'success' | 'partial'
  readonly made: readonly string[]
  readonly replayed: number
  readonly errors: readonly { readonly month: string; readonly detail: string }[]
  readonly findings: readonly PartitionFinding[]
  readonly more: boolean
}

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[] | undefined
}

export type Profile = {
  readonly id: string
  readonly email: string
  readonly display_name: string | null
  readonly role: 'viewer' | 'operator' | 'owner' | 'manager' | 'admin'
  readonly subscription_tier: 'free' | 'pro' | 'power' | 'white_label'
  readonly created_at: string
  readonly last_login_at: string | null
}

export type ProfileChange = { readonly display_name?: string | null | undefined }

export type Project = {
  readonly id: string
  readonly name: string
  readonly user_id: string
  readonly created_at: string
}

export type ProjectChange = { readonly name?: string | undefined }

export type ProjectContent = {
  readonly shots: readonly Shot[]
  readonly notes: readonly Note[]
  readonly tasks: readonly Task[]
}

export type ProjectCreate = { readonly name: string }

export type PromqlAnswer = {
  readonly status: 'success'
  readonly data: PromqlResult
  readonly warnings?: readonly string[] | undefined
}

export type PromqlBuild = {
  readonly status: 'success'
  readonly data: Readonly<Record<string, string>>
  readonly warnings?: readonly string[] | undefined
}

export type PromqlError = { readonly status: 'error'; readonly errorType: string; readonly error: string }

export type PromqlMetadata = {
  readonly status: 'success'
  readonly data: Readonly<
    Record<string, readonly { readonly type: string; readonly help: string; readonly unit: string }[]>
  >
  readonly warnings?: readonly string[] | undefined
}

export type PromqlNames = {
  readonly status: 'success'
  readonly data: readonly string[]
  readonly warnings?: readonly string[] | undefined
}

export type PromqlResult = {
  readonly resultType: 'matrix' | 'vector' | 'scalar' | 'string'
  readonly result:
    | readonly (number | string)[]
    | readonly {
        readonly metric: Readonly<Record<string, string>>
        readonly value?: readonly (number | string)[] | undefined
        readonly values?: readonly (readonly (number | string)[])[] | undefined
      }[]
}

export type PromqlSeries = {
  readonly status: 'success'
  readonly data: readonly Readonly<Record<string, string>>[]
  readonly warnings?: readonly string[] | undefined
}

export type PromqlText = {
  readonly status: 'success'
  readonly data: string
  readonly warnings?: readonly string[] | undefined
}

export type PublishedMetrics = {
  readonly status: 'success' | 'partial'
  readonly metrics: {
    readonly published: number
    readonly skipped: number
    readonly collected: number
    readonly stored: number
    readonly errors: readonly { readonly detail: string }[]
  }
}

export type RateRequest = {
  readonly insight_id: string
  readonly user_id: string
  readonly rating: number
  readonly comment?: string | null | undefined
}

export type ReopenedMonth = { readonly month: string; readonly restored: number; readonly merged: number }

export type RetentionRun = {
  readonly status: 'success' | 'partial'
  readonly message: string
  readonly more: boolean
  readonly results: {
    readonly execution_time: string
    readonly backfill_jobs: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
      readonly archived_count: number
      readonly archive_uri: string | null
      readonly archive_uris: readonly string[]
    }
    readonly feedback: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
      readonly archived_count: number
      readonly archive_uri: string | null
      readonly archive_uris: readonly string[]
    }
    readonly audit: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
      readonly archived_count: number
      readonly archive_uri: string | null
      readonly archive_uris: readonly string[]
    }
    readonly metrics_archive: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly archived_count: number
      readonly archive_uris: readonly string[]
    }
    readonly metrics_delete: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly archive_expire: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly rollups: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly idempotency_keys: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly database_samples: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly deleted_rows: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly dead_letters: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly notifications: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly alert_events: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly backup_runs: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly job_runs: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly audit_seals: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly audit_seal_copies: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
    readonly audit_seal_parts: {
      readonly cutoff_date: string | null
      readonly error?: string | undefined
      readonly deleted_count: number
    }
  }
}

export type RetentionRunRequest = {
  readonly policies?:
    | readonly (
        | 'idempotency_keys'
        | 'database_samples'
        | 'deleted_rows'
        | 'dead_letters'
        | 'notifications'
        | 'alert_events'
        | 'backup_runs'
        | 'job_runs'
        | 'audit_seals'
        | 'audit_seal_copies'
        | 'audit_seal_parts'
        | 'rollups'
        | 'backfill_jobs'
        | 'feedback'
        | 'audit'
        | 'metrics_archive'
        | 'metrics_delete'
        | 'archive_expire'
      )[]
    | null
    | undefined
  readonly dry_run?: boolean | null | undefined
}

export type RollupsRun = {
  readonly status: 'success' | 'partial'
  readonly points: {
    readonly taken: number
    readonly written: number
    readonly replaced: number
    readonly dropped: number
  }
  readonly days: number
  readonly errors: readonly { readonly tenant: string; readonly detail: string; readonly month?: string | undefined }[]
  readonly more: boolean
  readonly buckets: number
  readonly watermark: string | null
}

export type Shot = {
  readonly id: string
  readonly title: string
  readonly description: string | null
  readonly status: 'pending' | 'done'
  readonly startTime: string | null
  readonly duration: string
  readonly location: string | null
  readonly remarks: string | null
  readonly date: string | null
  readonly sceneNumber: string | null
  readonly equipmentIds: readonly string[]
  readonly preparedEquipmentIds: readonly string[]
  readonly project_id: string
}

export type ShotChange = {
  readonly title?: string | undefined
  readonly description?: string | null | undefined
  readonly status?: 'pending' | 'done' | undefined
  readonly startTime?: string | null | undefined
  readonly duration?: string | undefined
  readonly location?: string | null | undefined
  readonly remarks?: string | null | undefined
  readonly date?: string | null | undefined
  readonly sceneNumber?: string | null | undefined
  readonly equipmentIds?: readonly string[] | undefined
  readonly preparedEquipmentIds?: readonly string[] | undefined
}

export type ShotCreate = {
  readonly id: string
  readonly title: string
  readonly description?: string | null | undefined
  readonly status?: 'pending' | 'done' | null | undefined
  readonly startTime?: string | null | undefined
  readonly duration?: string | null | undefined
  readonly location?: string | null | undefined
  readonly remarks?: string | null | undefined
  readonly date?: string | null | undefined
  readonly sceneNumber?: string | null | undefined
  readonly equipmentIds?: readonly string[] | null | undefined
  readonly preparedEquipmentIds?: readonly string[] | null | undefined
}

export type StoredMetric = {
  readonly id: string
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly unit: string
  readonly timestamp: string
  readonly metric_metadata: Readonly<Record<string, unknown>> | null
}

export type SubscriptionTierChange = {
  readonly subscription_tier: 'free' | 'pro' | 'power' | 'white_label'
  readonly reason?: string | null | undefined
}

export type SuiteState = {
  readonly state: 'ok' | 'degraded' | 'down'
  readonly functions: readonly {
    readonly function: string
    readonly slices: readonly string[]
    readonly requests: number
    readonly errors: number
    readonly p50_ms: number | null
    readonly p95_ms: number | null
    readonly p99_ms: number | null
  }[]
  readonly jobs: readonly {
    readonly job: string
    readonly period_s: number
    readonly last_success_at: string | null
    readonly age_s: number | null
    readonly outcome: 'success' | 'partial' | 'failed' | null
    readonly late: boolean
  }[]
  readonly findings: readonly {
    readonly code: string
    readonly severity: 'info' | 'warning' | 'critical'
    readonly detail: string
    readonly playbook: string
  }[]
}

export type Task = {
  readonly id: string
  readonly category: string
  readonly title: string
  readonly status: 'todo' | 'progress' | 'review' | 'done'
  readonly priority: 'low' | 'medium' | 'high' | 'critical'
  readonly dueDate: string | null
  readonly description: string | null
  readonly project_id: string
}

export type TaskChange = {
  readonly category?: string | undefined
  readonly title?: string | undefined
  readonly status?: 'todo' | 'progress' | 'review' | 'done' | undefined
  readonly priority?: 'low' | 'medium' | 'high' | 'critical' | undefined
  readonly dueDate?: string | null | undefined
  readonly description?: string | null | undefined
}

export type TaskCreate = {
  readonly id: string
  readonly category?: string | null | undefined
  readonly title: string
  readonly status?: 'todo' | 'progress' | 'review' | 'done' | null | undefined
  readonly priority?: 'low' | 'medium' | 'high' | 'critical' | null | undefined
  readonly dueDate?: string | null | undefined
  readonly description?: string | null | undefined
}

export type Tenant = {
  readonly name: string
  readonly status: 'active' | 'suspended'
  readonly plan: string
  readonly series_limit: number
  readonly series: number
  readonly ignored_labels: readonly string[]
  readonly created_at: string
}

export type TenantChange = {
  readonly plan?: 'unlimited' | 'free' | 'pro' | 'power' | 'white_label' | 'demo' | null | undefined
  readonly status?: 'active' | 'suspended' | null | undefined
  readonly series_limit?: number | null | undefined
  readonly ignored_labels?: readonly string[] | null | undefined
}

export type Tenants = { readonly tenants: readonly Tenant[]; readonly next: string | null }

export type Usage = {
  readonly tenant: string
  readonly days: readonly {
    readonly date: string
    readonly requests: number
    readonly refused: number
    readonly points_accepted: number
    readonly points_rejected: number
    readonly points_refused: number
    readonly bytes_in: number
    readonly bytes_out: number
  }[]
  readonly totals: {
    readonly requests: number
    readonly refused: number
    readonly points_accepted: number
    readonly points_rejected: number
    readonly points_refused: number
    readonly bytes_in: number
    readonly bytes_out: number
  }
  readonly storage: {
    readonly series: number
    readonly archive_objects: number
    readonly archive_points: number
    readonly archive_bytes: number
    readonly tables: readonly { readonly table: string; readonly rows: number; readonly bytes: number }[]
  }
  readonly approximate: readonly string[]
}

export type User = {
  readonly id: string
  readonly email: string
  readonly display_name: string | null
  readonly role: 'viewer' | 'operator' | 'owner' | 'manager' | 'admin'
  readonly subscription_tier: 'free' | 'pro' | 'power' | 'white_label'
  readonly created_at: string
  readonly last_login_at: string | null
  readonly subject: string
  readonly status: 'active' | 'invited' | 'suspended'
  readonly updated_at: string
}

export type UserChange = {
  readonly email?: string | null | undefined
  readonly display_name?: string | null | undefined
  readonly role?: 'viewer' | 'operator' | 'owner' | 'manager' | 'admin' | null | undefined
  readonly status?: 'active' | 'invited' | 'suspended' | null | undefined
}

export type Users = {
  readonly users: readonly User[]
  readonly total: number
  readonly page: number
  readonly page_size: number
}

export type Zone = {
  readonly id: number
  readonly name: string
  readonly zone_type: string
  readonly capacity: number
  readonly latitude: string | number | null
  readonly longitude: string | number | null
  readonly organization_id: number
  readonly created_at: string
  readonly updated_at: string
  readonly organization: { readonly id: number; readonly name: string; readonly org_type: string }
  readonly cameras: readonly { readonly id: number; readonly name: string; readonly is_active: boolean }[]
}

export type ZoneChange = {
  readonly name?: string | undefined
  readonly zone_type?: string | undefined
  readonly capacity?: number | undefined
  readonly latitude?: string | number | null | undefined
  readonly longitude?: string | number | null | undefined
  readonly organization_id?: number | undefined
}

export type ZoneCreate = {
  readonly name: string
  readonly zone_type: string
  readonly capacity?: number | null | undefined
  readonly latitude?: string | number | null | undefined
  readonly longitude?: string | number | null | undefined
  readonly organization_id: number
}

/** The kinds of problem that an answer can name. */
export const problemKinds = [
  'already-resolved',
  'ambiguous_unit',
  'answer_too_large',
  'archive_too_large',
  'backwards',
  'bad-range',
  'changed',
  'conflict',
  'crowd-service-failed',
  'crowd-service-timeout',
  'crowd-service-unreachable',
  'damaged-object',
  'demo-full',
  'finished',
  'forbidden',
  'idempotency-key-in-use',
  'idempotency-key-reused',
  'internal-error',
  'invalid-request',
  'last-admin',
  'lease-lost',
  'locked-out',
  'malformed-request',
  'no-backups',
  'not-found',
  'not-yourself',
  'outside-job',
  'preview_too_large',
  'quota-exceeded',
  'ranges-left',
  'request-timeout',
  'series_limit_reached',
  'too-large',
  'too-many-keys',
  'too-many-requests',
  'too_many_buckets',
  'unauthenticated',
  'unavailable',
  'unsupported-media-type',
] as const

/** The request and the answers of each operation, by media type. */
export interface Operations {
  /** Find the console, the reference page and the API document. */
  readonly 'console.home': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': EntryPoints }
  }
  /** Store the points of a message that Pub/Sub pushes. */
  readonly 'metrics-ingest.push': {
    readonly request: {
      readonly query?: { readonly tenant?: string | undefined; readonly multi?: '0' | '1' | undefined } | undefined
      readonly body: Readonly<Record<string, unknown>>
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** List each alert that matches, in pages. */
  readonly 'carbon.alertsList': {
    readonly request: {
      readonly query?:
        | {
            readonly status?: 'OPEN' | 'CLOSED' | undefined
            readonly org_id?: number | undefined
            readonly skip?: number | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly Alert[] }
  }
  /** Create one alert. */
  readonly 'carbon.alertsCreate': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: AlertCreate
    }
    readonly answers: { readonly 'application/json': Alert }
  }
  /** Read one alert. */
  readonly 'carbon.alertsRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Alert }
  }
  /** Change the fields of one alert that are sent, like PATCH. */
  readonly 'carbon.alertsPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: AlertChange
    }
    readonly answers: { readonly 'application/json': Alert }
  }
  /** Change the fields of one alert that are sent. */
  readonly 'carbon.alertsPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: AlertChange
    }
    readonly answers: { readonly 'application/json': Alert }
  }
  /** Delete one alert. */
  readonly 'carbon.alertsRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Read what a client starts with: projects, gear, and the content of one project. */
  readonly 'productions.initial': {
    readonly request: {
      readonly query?: { readonly project_id?: string | undefined; readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': InitialContent }
  }
  /** Read a project with up to 1,000 shots, notes and tasks of it. */
  readonly 'productions.content': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': ProjectContent }
  }
  /** Show whether the database and the crowd service answer. */
  readonly 'carbon.health': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': CarbonHealth }
  }
  /** Show that the function serves. */
  readonly 'carbon.status': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': CarbonStatus }
  }
  /** List who changed what, newest first. */
  readonly 'audit.entries': {
    readonly request: {
      readonly query?:
        | {
            readonly actor?: string | undefined
            readonly action?: string | undefined
            readonly object_type?: string | undefined
            readonly object_id?: string | undefined
            readonly outcome?: 'success' | 'partial' | 'failed' | 'denied' | undefined
            readonly start_time?: string | undefined
            readonly end_time?: string | undefined
            readonly tenant?: string | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly AuditEntry[] }
  }
  /** Seal the new entries of the audit log. */
  readonly 'audit.seal': { readonly request: {}; readonly answers: { readonly 'application/json': AuditSealing } }
  /** Compute the hashes of the audit log again and compare them with its seals. */
  readonly 'audit.verify': {
    readonly request: {
      readonly query?: { readonly from?: number | undefined; readonly to?: number | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': AuditVerification }
  }
  /** List API keys without their secrets: one's own, or with `all=true` and the scope keys:read all of the tenant. */
  readonly 'identity.keys': {
    readonly request: {
      readonly query?:
        | {
            readonly all?: 'true' | 'false' | undefined
            readonly limit?: number | undefined
            readonly offset?: number | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly ApiKey[] }
  }
  /** Make an API key, which is shown once. */
  readonly 'identity.createKey': {
    readonly request: { readonly body: NewApiKey }
    readonly answers: { readonly 'application/json': MadeApiKey }
  }
  /** Revoke an API key. */
  readonly 'identity.revokeKey': {
    readonly request: { readonly path: { readonly id: string } }
    readonly answers: { readonly 'application/json': Message }
  }
  /** Make a new API key in place of another one, which expires after the overlap. */
  readonly 'identity.rotateKey': {
    readonly request: { readonly path: { readonly id: string }; readonly body: ApiKeyRotation }
    readonly answers: { readonly 'application/json': MadeApiKey }
  }
  /** Read what the credential is. */
  readonly 'identity.me': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': Me }
  }
  /** Read the user's own profile. */
  readonly 'identity.profile': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': Profile }
  }
  /** Change the user's own name. */
  readonly 'identity.changeProfile': {
    readonly request: { readonly body: ProfileChange }
    readonly answers: { readonly 'application/json': Profile }
  }
  /** List users, newest first. */
  readonly 'identity.users': {
    readonly request: {
      readonly query?: { readonly page?: number | undefined; readonly page_size?: number | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Users }
  }
  /** Register a user. */
  readonly 'identity.createUser': {
    readonly request: { readonly body: NewUser }
    readonly answers: { readonly 'application/json': User }
  }
  /** Read one user. */
  readonly 'identity.user': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': User }
  }
  /** Change a user's role, status or names. */
  readonly 'identity.changeUser': {
    readonly request: { readonly path: { readonly id: string }; readonly body: UserChange }
    readonly answers: { readonly 'application/json': User }
  }
  /** Remove a user and its keys. */
  readonly 'identity.removeUser': {
    readonly request: { readonly path: { readonly id: string } }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Change a user's subscription tier. */
  readonly 'identity.changeTier': {
    readonly request: { readonly path: { readonly id: string }; readonly body: SubscriptionTierChange }
    readonly answers: { readonly 'application/json': Profile }
  }
  /** Delete the test instances that were left behind. */
  readonly 'backup.cleanup': {
    readonly request: { readonly body: BackupRequest }
    readonly answers: { readonly 'application/json': BackupCleanup }
  }
  /** Resume the runs that are open. */
  readonly 'backup.proceed': {
    readonly request: { readonly body: BackupRequest }
    readonly answers: { readonly 'application/json': BackupContinued }
  }
  /** Write the whole database to Cloud Storage as SQL. */
  readonly 'backup.export': {
    readonly request: { readonly body: BackupRunRequest }
    readonly answers: { readonly 'application/json': BackupExport }
  }
  /** List exports, the newest first. */
  readonly 'backup.exports': {
    readonly request: {
      readonly query?: { readonly limit?: number | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': BackupExports }
  }
  /** Read the newest backup, export and verification. */
  readonly 'backup.status': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': BackupStatus }
  }
  /** Restore the newest backup into an instance of its own, and compare it with the suite. */
  readonly 'backup.verify': {
    readonly request: { readonly body: BackupRunRequest }
    readonly answers: { readonly 'application/json': BackupVerification }
  }
  /** List verifications, the newest first. */
  readonly 'backup.history': {
    readonly request: {
      readonly query?: { readonly limit?: number | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': BackupVerifications }
  }
  /** Make a demonstration tenant for a day, with a key and something to look at. */
  readonly 'identity.demo': { readonly request: {}; readonly answers: { readonly 'application/json': Demo } }
  /** Comment on an insight as a user. */
  readonly 'feedback.comment': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: CommentRequest
    }
    readonly answers: { readonly 'application/json': Feedback }
  }
  /** List the comments on an insight, newest first. */
  readonly 'feedback.comments': {
    readonly request: {
      readonly query: {
        readonly insight_id: string
        readonly limit?: number | undefined
        readonly offset?: number | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': FeedbackCommentsPage }
  }
  /** Flag an insight as inaccurate, misleading or spam. */
  readonly 'feedback.flag': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: FlagRequest
    }
    readonly answers: { readonly 'application/json': Feedback }
  }
  /** Rate an insight as a user. */
  readonly 'feedback.rate': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: RateRequest
    }
    readonly answers: { readonly 'application/json': Feedback }
  }
  /** Read the ratings, comments and flags of an insight as numbers. */
  readonly 'feedback.stats': {
    readonly request: {
      readonly query: { readonly insight_id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': FeedbackStats }
  }
  /** List everything that a user has said, newest first. */
  readonly 'feedback.user': {
    readonly request: {
      readonly query: {
        readonly user_id: string
        readonly limit?: number | undefined
        readonly offset?: number | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': FeedbackUserPage }
  }
  /** Create an alert rule. */
  readonly 'alerts.create': {
    readonly request: { readonly body: AlertRuleCreate }
    readonly answers: { readonly 'application/json': AlertRule }
  }
  /** List alert rules, newest first. */
  readonly 'alerts.list': {
    readonly request: {
      readonly query?:
        | {
            readonly service_name?: string | undefined
            readonly enabled?: boolean | undefined
            readonly severity?: 'info' | 'warning' | 'critical' | undefined
            readonly page?: number | undefined
            readonly page_size?: number | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': AlertRulePage }
  }
  /** List the notification channels, newest first. */
  readonly 'alerts.channels': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': NotificationChannelList }
  }
  /** Create a notification channel. */
  readonly 'alerts.createChannel': {
    readonly request: { readonly body: NotificationChannelCreate }
    readonly answers: { readonly 'application/json': NotificationChannelWithSecret }
  }
  /** Change the fields of a notification channel that are sent. */
  readonly 'alerts.changeChannel': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: NotificationChannelChange
    }
    readonly answers: { readonly 'application/json': NotificationChannelWithSecret }
  }
  /** Delete a notification channel. */
  readonly 'alerts.removeChannel': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Queue a test notification for a channel. */
  readonly 'alerts.testChannel': {
    readonly request: { readonly path: { readonly id: string } }
    readonly answers: { readonly 'application/json': NotificationChannelTest }
  }
  /** Evaluate the alert rules, and send the notifications that are due. */
  readonly 'alerts.evaluate': {
    readonly request: { readonly body?: AlertEvaluation | undefined }
    readonly answers: { readonly 'application/json': AlertEvaluationResult }
  }
  /** List alert events, newest first. */
  readonly 'alerts.history': {
    readonly request: {
      readonly query?:
        | {
            readonly service_name?: string | undefined
            readonly severity?: 'info' | 'warning' | 'critical' | undefined
            readonly start_date?: string | undefined
            readonly end_date?: string | undefined
            readonly resolved?: boolean | undefined
            readonly page?: number | undefined
            readonly page_size?: number | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': AlertEventPage }
  }
  /** Read how many alerts there were, by service, type and day. */
  readonly 'alerts.analytics': {
    readonly request: {
      readonly query?:
        | {
            readonly service_name?: string | undefined
            readonly start_date?: string | undefined
            readonly end_date?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': AlertAnalytics }
  }
  /** Resolve an open alert event by hand. */
  readonly 'alerts.resolve': {
    readonly request: { readonly path: { readonly id: string }; readonly body: AlertEventResolve }
    readonly answers: { readonly 'application/json': AlertEvent }
  }
  /** List what was sent to channels and what waits to be sent, newest first. */
  readonly 'alerts.notifications': {
    readonly request: {
      readonly query?:
        | {
            readonly event_id?: string | undefined
            readonly state?: 'pending' | 'leased' | 'sent' | 'failed' | undefined
            readonly limit?: number | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': AlertNotificationList }
  }
  /** Try an alert rule on stored history, archived months too. */
  readonly 'metrics-query.preview': {
    readonly request: { readonly body: AlertPreviewRequest }
    readonly answers: { readonly 'application/json': AlertPreview }
  }
  /** Read one alert rule. */
  readonly 'alerts.rule': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': AlertRule }
  }
  /** Change the fields of an alert rule that are sent. */
  readonly 'alerts.change': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: AlertRuleChange
    }
    readonly answers: { readonly 'application/json': AlertRule }
  }
  /** Delete an alert rule with its history and its pending notifications. */
  readonly 'alerts.remove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Report the progress of a job that has no workers. */
  readonly 'backfill.progress': {
    readonly request: {
      readonly query: { readonly job_id: string }
      readonly header?:
        | { readonly 'Idempotency-Key'?: string | undefined; readonly 'If-Match'?: string | undefined }
        | undefined
      readonly body: BackfillProgress
    }
    readonly answers: { readonly 'application/json': BackfillJob }
  }
  /** Start a job over a range of blocks. */
  readonly 'backfill.start': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: BackfillStart
    }
    readonly answers: { readonly 'application/json': BackfillJob }
  }
  /** List jobs, newest first. */
  readonly 'backfill.list': {
    readonly request: {
      readonly query?:
        | {
            readonly status?: 'running' | 'paused' | 'completed' | 'failed' | undefined
            readonly job_type?: string | undefined
            readonly limit?: number | undefined
            readonly offset?: number | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly BackfillJob[] }
  }
  /** Read one job. */
  readonly 'backfill.job': {
    readonly request: {
      readonly path: { readonly job_id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': BackfillJob }
  }
  /** Lease the next range of a job to a worker. */
  readonly 'backfill.claim': {
    readonly request: {
      readonly path: { readonly job_id: string }
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: BackfillClaim
    }
    readonly answers: { readonly 'application/json': BackfillLease | undefined }
  }
  /** Report that a leased range is done. */
  readonly 'backfill.complete': {
    readonly request: {
      readonly path: { readonly job_id: string }
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: BackfillLeaseReport
    }
    readonly answers: { readonly 'application/json': BackfillJob }
  }
  /** Report that a leased range failed, or give it back. */
  readonly 'backfill.fail': {
    readonly request: {
      readonly path: { readonly job_id: string }
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: {
        readonly lease_id: string
        readonly fencing_token: number
        readonly error_message?: string | null | undefined
      }
    }
    readonly answers: { readonly 'application/json': BackfillJob }
  }
  /** Keep a lease. */
  readonly 'backfill.heartbeat': {
    readonly request: {
      readonly path: { readonly job_id: string }
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: BackfillLeaseReport
    }
    readonly answers: { readonly 'application/json': BackfillLease }
  }
  /** Move points from the log into chunks. */
  readonly 'compaction.run': {
    readonly request: { readonly body?: { readonly all?: boolean | null | undefined } | undefined }
    readonly answers: { readonly 'application/json': CompactionRun }
  }
  /** Read the connections of each role against its limit. */
  readonly 'monitoring.connections': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': DatabaseConnections }
  }
  /** List the indexes with their size and use. */
  readonly 'monitoring.indexes': {
    readonly request: {
      readonly query?: { readonly unused?: 'true' | 'false' | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': DatabaseIndexes }
  }
  /** Read which sessions wait for a lock, and who holds it. */
  readonly 'monitoring.locks': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': DatabaseLocks }
  }
  /** Read which function holds which connections. */
  readonly 'monitoring.pool': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': DatabasePool }
  }
  /** Store the minute's numbers, and publish them to Cloud Monitoring. */
  readonly 'monitoring.publish': {
    readonly request: {}
    readonly answers: { readonly 'application/json': PublishedMetrics }
  }
  /** Read how long statements took, and which took the most time. */
  readonly 'monitoring.queries': {
    readonly request: {
      readonly query?:
        | { readonly window?: '5m' | '1h' | '24h' | undefined; readonly limit?: number | undefined }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': DatabaseQueries }
  }
  /** Read whether the database is a primary or a replica, and the lag of its replicas. */
  readonly 'monitoring.replication': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': DatabaseReplication }
  }
  /** List the tables with their size, dead rows and age. */
  readonly 'monitoring.tables': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': DatabaseTables }
  }
  /** Store one point. */
  readonly 'metrics-ingest.one': {
    readonly request: {
      readonly header?:
        | { readonly Prefer?: string | undefined; readonly 'Idempotency-Key'?: string | undefined }
        | undefined
      readonly body: MetricEntry
    }
    readonly answers: { readonly 'application/json': StoredMetric | MinimalAnswer | LenientAnswer }
  }
  /** Read points of a time range, newest first. */
  readonly 'metrics-query.range': {
    readonly request: {
      readonly query: {
        readonly service_name?: string | undefined
        readonly metric_type?: string | undefined
        readonly unit?: string | undefined
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly start_time: string
        readonly end_time: string
        readonly offset?: number | undefined
        readonly labels?: Readonly<Record<string, string>> | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: {
      readonly 'application/json': readonly Metric[]
      readonly 'application/vnd.penstock.columns+json': readonly MetricColumns[]
      readonly 'text/csv': string
      readonly 'application/vnd.apache.arrow.stream': Uint8Array<ArrayBuffer>
    }
  }
  /** Read averages, extremes, sums and percentiles of a metric by interval. */
  readonly 'metrics-query.aggregate': {
    readonly request: {
      readonly query: {
        readonly service_name: string
        readonly metric_type: string
        readonly unit?: string | undefined
        readonly start_time: string
        readonly end_time: string
        readonly interval: 'minute' | '5m' | '15m' | 'hour' | 'day' | 'week' | 'month'
        readonly group_by?: string | undefined
        readonly percentiles?: string | undefined
        readonly labels?: Readonly<Record<string, string>> | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: {
      readonly 'application/json': MetricAggregate
      readonly 'application/vnd.penstock.columns+json': MetricAggregateColumns
      readonly 'text/csv': string
      readonly 'application/vnd.apache.arrow.stream': Uint8Array<ArrayBuffer>
    }
  }
  /** Store up to 10,000 points. */
  readonly 'metrics-ingest.batch': {
    readonly request: {
      readonly header?:
        | { readonly Prefer?: string | undefined; readonly 'Idempotency-Key'?: string | undefined }
        | undefined
      readonly body: readonly MetricEntry[]
    }
    readonly answers: { readonly 'application/json': readonly StoredMetric[] | MinimalAnswer | LenientAnswer }
  }
  /** Count series by metric and by label. */
  readonly 'metrics-query.cardinality': {
    readonly request: {
      readonly query?:
        | {
            readonly service_name?: string | undefined
            readonly label?: string | undefined
            readonly limit?: number | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Cardinality }
  }
  /** List series with the first and last instant of each. */
  readonly 'metrics-query.series': {
    readonly request: {
      readonly query?:
        | {
            readonly service_name?: string | undefined
            readonly metric_type?: string | undefined
            readonly unit?: string | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
            readonly labels?: Readonly<Record<string, string>> | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly MetricSeries[] }
  }
  /** Compare a metric with the period before, with its moving average and its slope. */
  readonly 'metrics-query.trends': {
    readonly request: {
      readonly query: {
        readonly service_name: string
        readonly metric_type: string
        readonly unit?: string | undefined
        readonly start_time: string
        readonly end_time: string
        readonly interval: 'hour' | 'day' | 'week'
        readonly moving_average?: number | undefined
        readonly compare?: 'previous' | 'year' | 'none' | undefined
        readonly labels?: Readonly<Record<string, string>> | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': MetricTrends }
  }
  /** List the partitions, with what is wrong with them. */
  readonly 'partitions.list': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': Partitions }
  }
  /** Create the partitions that are due, and audit all of them. */
  readonly 'partitions.run': { readonly request: {}; readonly answers: { readonly 'application/json': PartitionsRun } }
  /** List the objects in the archive. */
  readonly 'retention.archives': {
    readonly request: {
      readonly query?:
        | {
            readonly dataset?: 'metrics' | 'feedback' | 'backfill_jobs' | 'audit' | undefined
            readonly tenant?: string | undefined
            readonly month?: string | undefined
            readonly limit?: number | undefined
            readonly after?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly ArchivedObject[] }
  }
  /** Place a legal hold, which keeps archived objects from being deleted. */
  readonly 'retention.hold': {
    readonly request: {
      readonly body: {
        readonly tenant: string
        readonly dataset?: 'metrics' | 'feedback' | 'backfill_jobs' | 'audit' | null | undefined
        readonly start_time: string
        readonly end_time: string
        readonly reason: string
        readonly by?: string | null | undefined
      }
    }
    readonly answers: { readonly 'application/json': LegalHold }
  }
  /** List legal holds. */
  readonly 'retention.holds': {
    readonly request: {
      readonly query?: { readonly tenant?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly LegalHold[] }
  }
  /** List where the points of each month are. */
  readonly 'retention.map': {
    readonly request: {
      readonly query?: { readonly tenant?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': MonthMap }
  }
  /** Release a legal hold. */
  readonly 'retention.release': {
    readonly request: { readonly body: { readonly id: string; readonly by?: string | null | undefined } }
    readonly answers: { readonly 'application/json': LegalHold }
  }
  /** Bring an archived month back into the database. */
  readonly 'retention.reopen': {
    readonly request: { readonly body: { readonly dataset?: 'metrics' | null | undefined; readonly month: string } }
    readonly answers: { readonly 'application/json': ReopenedMonth }
  }
  /** Archive and delete everything that is due. */
  readonly 'retention.run': {
    readonly request: { readonly body: RetentionRunRequest }
    readonly answers: { readonly 'application/json': RetentionRun }
  }
  /** Read archived objects and compare them with their records. */
  readonly 'retention.verify': {
    readonly request: {
      readonly body: {
        readonly dataset?: 'metrics' | 'feedback' | 'backfill_jobs' | 'audit' | null | undefined
        readonly tenant?: string | null | undefined
        readonly month?: string | null | undefined
        readonly after?: string | null | undefined
      }
    }
    readonly answers: { readonly 'application/json': ArchiveVerification }
  }
  /** Move points from the log into chunks, by the former name of the job. */
  readonly 'compaction.rollups': { readonly request: {}; readonly answers: { readonly 'application/json': RollupsRun } }
  /** Read whether the suite is well, and what to do where it is not. */
  readonly 'monitoring.suite': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': SuiteState }
  }
  /** List tenants by name. */
  readonly 'identity.tenants': {
    readonly request: {
      readonly query?: { readonly after?: string | undefined; readonly limit?: number | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Tenants }
  }
  /** Make a tenant. */
  readonly 'identity.createTenant': {
    readonly request: { readonly body: NewTenant }
    readonly answers: { readonly 'application/json': Tenant }
  }
  /** Change a tenant's plan, status or limits. */
  readonly 'identity.changeTenant': {
    readonly request: { readonly path: { readonly name: string }; readonly body: TenantChange }
    readonly answers: { readonly 'application/json': Tenant }
  }
  /** Read what the tenant used by day, and what it has stored. */
  readonly 'identity.usage': {
    readonly request: {
      readonly query?: { readonly start_date?: string | undefined; readonly end_date?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Usage }
  }
  /** Read the limits of the tenant's plan, and what is used of them. */
  readonly 'identity.limits': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': Limits }
  }
  /** Store the samples that Prometheus sends (remote write 1.0). */
  readonly 'metrics-ingest.remoteWrite': {
    readonly request: { readonly body: Uint8Array<ArrayBuffer> }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Store line protocol as a client of InfluxDB 2 sends it. */
  readonly 'metrics-ingest.influxV2': {
    readonly request: {
      readonly query?:
        | {
            readonly precision?: string | undefined
            readonly bucket?: string | undefined
            readonly bucket_label?: string | undefined
          }
        | undefined
      readonly body: string
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** List each camera that matches, in pages. */
  readonly 'carbon.camerasList': {
    readonly request: {
      readonly query?:
        | {
            readonly zone_id?: number | undefined
            readonly skip?: number | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly Camera[] }
  }
  /** Create one camera. */
  readonly 'carbon.camerasCreate': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: CameraCreate
    }
    readonly answers: { readonly 'application/json': Camera }
  }
  /** Read one camera. */
  readonly 'carbon.camerasRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Camera }
  }
  /** Change the fields of one camera that are sent, like PATCH. */
  readonly 'carbon.camerasPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: CameraChange
    }
    readonly answers: { readonly 'application/json': Camera }
  }
  /** Change the fields of one camera that are sent. */
  readonly 'carbon.camerasPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: CameraChange
    }
    readonly answers: { readonly 'application/json': Camera }
  }
  /** Delete one camera. */
  readonly 'carbon.camerasRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Read what was saved in all zones or in one, with the ten newest detections. */
  readonly 'carbon.stats': {
    readonly request: {
      readonly query?: { readonly zone_id?: number | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': CarbonStats }
  }
  /** List the brands of the catalogue, or those that have items of a category. */
  readonly 'productions.brands': {
    readonly request: {
      readonly query?:
        | {
            readonly category_id?: string | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly GearBrand[] }
  }
  /** List the categories of the catalogue of gear. */
  readonly 'productions.categories': {
    readonly request: {
      readonly query?: { readonly limit?: number | undefined; readonly cursor?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly GearCategory[] }
  }
  /** List the items of the catalogue by category and brand. */
  readonly 'productions.items': {
    readonly request: {
      readonly query?:
        | {
            readonly category_id?: string | undefined
            readonly brand_id?: string | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly GearItem[] }
  }
  /** Read one item of the catalogue. */
  readonly 'productions.item': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': GearItem }
  }
  /** Read the specifications of one item. */
  readonly 'productions.itemSpecs': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Readonly<Record<string, unknown>> }
  }
  /** Read the console. */
  readonly 'console.page': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'text/html': string }
  }
  /** Read a script or the styles of the console. */
  readonly 'console.asset': {
    readonly request: {
      readonly path: { readonly file: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'text/javascript': string; readonly 'text/css': string }
  }
  /** Read where the console finds the API. */
  readonly 'console.settings': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': ConsoleSettings }
  }
  /** Read the reference page of the API. */
  readonly 'console.reference': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'text/html': string }
  }
  /** Read the styles of the reference page. */
  readonly 'console.referenceStyle': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'text/css': string }
  }
  /** List each equipment that matches, in pages. */
  readonly 'productions.gearList': {
    readonly request: {
      readonly query?:
        | {
            readonly user_id?: string | undefined
            readonly category?: string | undefined
            readonly status?: string | undefined
            readonly skip?: number | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly Equipment[] }
  }
  /** Create one equipment. */
  readonly 'productions.gearCreate': {
    readonly request: {
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: EquipmentCreate
    }
    readonly answers: { readonly 'application/json': Equipment }
  }
  /** Read one equipment. */
  readonly 'productions.gearRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Equipment }
  }
  /** Change the fields of one equipment that are sent, like PATCH. */
  readonly 'productions.gearPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: EquipmentChange
    }
    readonly answers: { readonly 'application/json': Equipment }
  }
  /** Change the fields of one equipment that are sent. */
  readonly 'productions.gearPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: EquipmentChange
    }
    readonly answers: { readonly 'application/json': Equipment }
  }
  /** Delete one equipment. */
  readonly 'productions.gearRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Read all numbers in the text format of Prometheus or OpenMetrics. */
  readonly 'monitoring.scrape': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: {
      readonly 'text/plain': string
      readonly 'application/openmetrics-text': Uint8Array<ArrayBuffer>
    }
  }
  /** List each note that matches, in pages. */
  readonly 'productions.notesList': {
    readonly request: {
      readonly query: {
        readonly project_id: string
        readonly user_id?: string | undefined
        readonly skip?: number | undefined
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: {
      readonly 'application/json': {
        readonly items: readonly Note[]
        readonly total: number
        readonly page: number
        readonly limit: number
        readonly has_more: boolean
      }
    }
  }
  /** Create one note. */
  readonly 'productions.notesCreate': {
    readonly request: {
      readonly query: { readonly project_id: string; readonly user_id?: string | undefined }
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: NoteCreate
    }
    readonly answers: { readonly 'application/json': Note }
  }
  /** Read one note. */
  readonly 'productions.notesRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Note }
  }
  /** Change the fields of one note that are sent, like PATCH. */
  readonly 'productions.notesPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: NoteChange
    }
    readonly answers: { readonly 'application/json': Note }
  }
  /** Change the fields of one note that are sent. */
  readonly 'productions.notesPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: NoteChange
    }
    readonly answers: { readonly 'application/json': Note }
  }
  /** Delete one note. */
  readonly 'productions.notesRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** List each notification that matches, in pages. */
  readonly 'carbon.notificationsList': {
    readonly request: {
      readonly query?:
        | {
            readonly skip?: number | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly Notification[] }
  }
  /** Create one notification. */
  readonly 'carbon.notificationsCreate': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: NotificationCreate
    }
    readonly answers: { readonly 'application/json': Notification }
  }
  /** Read one notification. */
  readonly 'carbon.notificationsRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Notification }
  }
  /** Delete one notification. */
  readonly 'carbon.notificationsRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Read the API document (OpenAPI 3.1). */
  readonly 'console.document': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': { readonly openapi: string } }
  }
  /** List each organization that matches, in pages. */
  readonly 'carbon.organizationsList': {
    readonly request: {
      readonly query?:
        | {
            readonly skip?: number | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly Organization[] }
  }
  /** Create one organization. */
  readonly 'carbon.organizationsCreate': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: OrganizationCreate
    }
    readonly answers: { readonly 'application/json': Organization }
  }
  /** Read one organization. */
  readonly 'carbon.organizationsRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Organization }
  }
  /** Change the fields of one organization that are sent, like PATCH. */
  readonly 'carbon.organizationsPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: OrganizationChange
    }
    readonly answers: { readonly 'application/json': Organization }
  }
  /** Change the fields of one organization that are sent. */
  readonly 'carbon.organizationsPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: OrganizationChange
    }
    readonly answers: { readonly 'application/json': Organization }
  }
  /** Delete one organization. */
  readonly 'carbon.organizationsRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Answer the ping of an InfluxDB 1 client. */
  readonly 'metrics-ingest.ping': {
    readonly request: {
      readonly query?: { readonly verbose?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': { readonly version: string } | undefined }
  }
  /** List each task that matches, in pages. */
  readonly 'productions.tasksList': {
    readonly request: {
      readonly query: {
        readonly project_id: string
        readonly user_id?: string | undefined
        readonly status?: 'todo' | 'progress' | 'review' | 'done' | undefined
        readonly skip?: number | undefined
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: {
      readonly 'application/json': {
        readonly items: readonly Task[]
        readonly total: number
        readonly page: number
        readonly limit: number
        readonly has_more: boolean
      }
    }
  }
  /** Create one task. */
  readonly 'productions.tasksCreate': {
    readonly request: {
      readonly query: { readonly project_id: string; readonly user_id?: string | undefined }
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: TaskCreate
    }
    readonly answers: { readonly 'application/json': Task }
  }
  /** Read one task. */
  readonly 'productions.tasksRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Task }
  }
  /** Change the fields of one task that are sent, like PATCH. */
  readonly 'productions.tasksPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: TaskChange
    }
    readonly answers: { readonly 'application/json': Task }
  }
  /** Change the fields of one task that are sent. */
  readonly 'productions.tasksPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: TaskChange
    }
    readonly answers: { readonly 'application/json': Task }
  }
  /** Delete one task. */
  readonly 'productions.tasksRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** List each project that matches, in pages. */
  readonly 'productions.projectsList': {
    readonly request: {
      readonly query?:
        | {
            readonly user_id?: string | undefined
            readonly skip?: number | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly Project[] }
  }
  /** Create one project. */
  readonly 'productions.projectsCreate': {
    readonly request: {
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: ProjectCreate
    }
    readonly answers: { readonly 'application/json': Project }
  }
  /** Read one project. */
  readonly 'productions.projectsRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Project }
  }
  /** Change the fields of one project that are sent, like PATCH. */
  readonly 'productions.projectsPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: ProjectChange
    }
    readonly answers: { readonly 'application/json': Project }
  }
  /** Change the fields of one project that are sent. */
  readonly 'productions.projectsPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: ProjectChange
    }
    readonly answers: { readonly 'application/json': Project }
  }
  /** Delete one project. */
  readonly 'productions.projectsRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Write a PromQL expression in its usual form. */
  readonly 'promql.format': {
    readonly request: {
      readonly query?: { readonly query?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': PromqlText }
  }
  /** Write a PromQL expression, sent as a form, in its usual form. */
  readonly 'promql.formatForm': {
    readonly request: {
      readonly query?: { readonly query?: string | undefined } | undefined
      readonly body: Uint8Array<ArrayBuffer>
    }
    readonly answers: { readonly 'application/json': PromqlText }
  }
  /** List the values of a label. */
  readonly 'promql.labelValues': {
    readonly request: {
      readonly path: { readonly name: string }
      readonly query?:
        | {
            readonly 'match[]'?: readonly string[] | undefined
            readonly start?: string | undefined
            readonly end?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': PromqlNames }
  }
  /** List the names of labels. */
  readonly 'promql.labels': {
    readonly request: {
      readonly query?:
        | {
            readonly 'match[]'?: readonly string[] | undefined
            readonly start?: string | undefined
            readonly end?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': PromqlNames }
  }
  /** List the names of labels, asked for with a form. */
  readonly 'promql.labelsForm': {
    readonly request: {
      readonly query?:
        | {
            readonly 'match[]'?: readonly string[] | undefined
            readonly start?: string | undefined
            readonly end?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly body: Uint8Array<ArrayBuffer>
    }
    readonly answers: { readonly 'application/json': PromqlNames }
  }
  /** List the metrics with their units. */
  readonly 'promql.metadata': {
    readonly request: {
      readonly query?:
        | {
            readonly metric?: string | undefined
            readonly limit?: string | undefined
            readonly limit_per_metric?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': PromqlMetadata }
  }
  /** Evaluate a PromQL expression at an instant. */
  readonly 'promql.query': {
    readonly request: {
      readonly query?:
        | {
            readonly query?: string | undefined
            readonly time?: string | undefined
            readonly timeout?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': PromqlAnswer }
  }
  /** Evaluate a PromQL expression at an instant, sent as a form. */
  readonly 'promql.queryForm': {
    readonly request: {
      readonly query?:
        | {
            readonly query?: string | undefined
            readonly time?: string | undefined
            readonly timeout?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly body: Uint8Array<ArrayBuffer>
    }
    readonly answers: { readonly 'application/json': PromqlAnswer }
  }
  /** Evaluate a PromQL expression at the steps of a range. */
  readonly 'promql.range': {
    readonly request: {
      readonly query?:
        | {
            readonly query?: string | undefined
            readonly start?: string | undefined
            readonly end?: string | undefined
            readonly step?: string | undefined
            readonly timeout?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': PromqlAnswer }
  }
  /** Evaluate a PromQL expression at the steps of a range, sent as a form. */
  readonly 'promql.rangeForm': {
    readonly request: {
      readonly query?:
        | {
            readonly query?: string | undefined
            readonly start?: string | undefined
            readonly end?: string | undefined
            readonly step?: string | undefined
            readonly timeout?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly body: Uint8Array<ArrayBuffer>
    }
    readonly answers: { readonly 'application/json': PromqlAnswer }
  }
  /** List the series of PromQL selectors. */
  readonly 'promql.series': {
    readonly request: {
      readonly query?:
        | {
            readonly 'match[]'?: readonly string[] | undefined
            readonly start?: string | undefined
            readonly end?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': PromqlSeries }
  }
  /** List the series of PromQL selectors, sent as a form. */
  readonly 'promql.seriesForm': {
    readonly request: {
      readonly query?:
        | {
            readonly 'match[]'?: readonly string[] | undefined
            readonly start?: string | undefined
            readonly end?: string | undefined
            readonly limit?: string | undefined
          }
        | undefined
      readonly body: Uint8Array<ArrayBuffer>
    }
    readonly answers: { readonly 'application/json': PromqlSeries }
  }
  /** Name the version of Prometheus that is followed. */
  readonly 'promql.buildInfo': {
    readonly request: { readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': PromqlBuild }
  }
  /** Answer the statements that a client of InfluxDB 1 sends before it writes. */
  readonly 'metrics-ingest.influxStatement': {
    readonly request: { readonly query?: { readonly q?: string | undefined } | undefined }
    readonly answers: { readonly 'application/json': Readonly<Record<string, unknown>> }
  }
  /** Answer the questions that a client of InfluxDB 1 asks before it writes. */
  readonly 'metrics-ingest.influxQuestion': {
    readonly request: {
      readonly query?: { readonly q?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Readonly<Record<string, unknown>> }
  }
  /** Take the image of a camera, or the number of people that it counted. */
  readonly 'carbon.detect': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: Detection
    }
    readonly answers: { readonly 'application/json': DetectionResult }
  }
  /** List each shot that matches, in pages. */
  readonly 'productions.shotsList': {
    readonly request: {
      readonly query: {
        readonly project_id: string
        readonly user_id?: string | undefined
        readonly status?: 'pending' | 'done' | undefined
        readonly date_from?: string | undefined
        readonly date_to?: string | undefined
        readonly skip?: number | undefined
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: {
      readonly 'application/json': {
        readonly items: readonly Shot[]
        readonly total: number
        readonly page: number
        readonly limit: number
        readonly has_more: boolean
      }
    }
  }
  /** Create one shot. */
  readonly 'productions.shotsCreate': {
    readonly request: {
      readonly query: { readonly project_id: string; readonly user_id?: string | undefined }
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: ShotCreate
    }
    readonly answers: { readonly 'application/json': Shot }
  }
  /** Read one shot. */
  readonly 'productions.shotsRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Shot }
  }
  /** Change the fields of one shot that are sent, like PATCH. */
  readonly 'productions.shotsPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: ShotChange
    }
    readonly answers: { readonly 'application/json': Shot }
  }
  /** Change the fields of one shot that are sent. */
  readonly 'productions.shotsPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: ShotChange
    }
    readonly answers: { readonly 'application/json': Shot }
  }
  /** Delete one shot. */
  readonly 'productions.shotsRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly query?: { readonly user_id?: string | undefined } | undefined
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** Store the metrics of an OpenTelemetry exporter (OTLP/HTTP). */
  readonly 'metrics-ingest.otlp': {
    readonly request: { readonly body: Uint8Array<ArrayBuffer> | Readonly<Record<string, unknown>> }
    readonly answers: {
      readonly 'application/json': Readonly<Record<string, unknown>>
      readonly 'application/x-protobuf': Uint8Array<ArrayBuffer>
    }
  }
  /** Store line protocol as a client of InfluxDB 1 sends it. */
  readonly 'metrics-ingest.influxV1': {
    readonly request: {
      readonly query?:
        | {
            readonly precision?: string | undefined
            readonly db?: string | undefined
            readonly rp?: string | undefined
          }
        | undefined
      readonly body: string
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
  /** List each zone that matches, in pages. */
  readonly 'carbon.zonesList': {
    readonly request: {
      readonly query?:
        | {
            readonly org_id?: number | undefined
            readonly skip?: number | undefined
            readonly limit?: number | undefined
            readonly cursor?: string | undefined
          }
        | undefined
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': readonly Zone[] }
  }
  /** Create one zone. */
  readonly 'carbon.zonesCreate': {
    readonly request: {
      readonly header?: { readonly 'Idempotency-Key'?: string | undefined } | undefined
      readonly body: ZoneCreate
    }
    readonly answers: { readonly 'application/json': Zone }
  }
  /** Read one zone. */
  readonly 'carbon.zonesRead': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-None-Match'?: string | undefined } | undefined
    }
    readonly answers: { readonly 'application/json': Zone }
  }
  /** Change the fields of one zone that are sent, like PATCH. */
  readonly 'carbon.zonesPut': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: ZoneChange
    }
    readonly answers: { readonly 'application/json': Zone }
  }
  /** Change the fields of one zone that are sent. */
  readonly 'carbon.zonesPatch': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
      readonly body: ZoneChange
    }
    readonly answers: { readonly 'application/json': Zone }
  }
  /** Delete one zone. */
  readonly 'carbon.zonesRemove': {
    readonly request: {
      readonly path: { readonly id: string }
      readonly header?: { readonly 'If-Match'?: string | undefined } | undefined
    }
    readonly answers: Readonly<Record<string, undefined>>
  }
}

/** How each operation is sent. */
export const operations = {
  'console.home': {
    method: 'GET',
    path: '/',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-ingest.push': {
    method: 'POST',
    path: '/',
    sends: 'application/json',
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'carbon.alertsList': {
    method: 'GET',
    path: '/alerts',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'carbon.alertsCreate': {
    method: 'POST',
    path: '/alerts',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.alertsRead': {
    method: 'GET',
    path: '/alerts/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.alertsPut': {
    method: 'PUT',
    path: '/alerts/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.alertsPatch': {
    method: 'PATCH',
    path: '/alerts/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.alertsRemove': {
    method: 'DELETE',
    path: '/alerts/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'productions.initial': {
    method: 'GET',
    path: '/api/bulk/initial',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.content': {
    method: 'GET',
    path: '/api/bulk/project/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.health': {
    method: 'GET',
    path: '/api/health',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.status': {
    method: 'GET',
    path: '/api/status',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'audit.entries': {
    method: 'GET',
    path: '/api/v1/audit',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'audit.seal': {
    method: 'POST',
    path: '/api/v1/audit/seal',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'audit.verify': {
    method: 'GET',
    path: '/api/v1/audit/verify',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.keys': {
    method: 'GET',
    path: '/api/v1/auth/api-keys',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.createKey': {
    method: 'POST',
    path: '/api/v1/auth/api-keys',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.revokeKey': {
    method: 'DELETE',
    path: '/api/v1/auth/api-keys/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.rotateKey': {
    method: 'POST',
    path: '/api/v1/auth/api-keys/{id}/rotate',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.me': {
    method: 'GET',
    path: '/api/v1/auth/me',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.profile': {
    method: 'GET',
    path: '/api/v1/auth/profile',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.changeProfile': {
    method: 'PATCH',
    path: '/api/v1/auth/profile',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.users': {
    method: 'GET',
    path: '/api/v1/auth/users',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.createUser': {
    method: 'POST',
    path: '/api/v1/auth/users',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.user': {
    method: 'GET',
    path: '/api/v1/auth/users/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.changeUser': {
    method: 'PATCH',
    path: '/api/v1/auth/users/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.removeUser': {
    method: 'DELETE',
    path: '/api/v1/auth/users/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'identity.changeTier': {
    method: 'PATCH',
    path: '/api/v1/auth/users/{id}/subscription-tier',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'backup.cleanup': {
    method: 'POST',
    path: '/api/v1/backup/cleanup',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'backup.proceed': {
    method: 'POST',
    path: '/api/v1/backup/continue',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'backup.export': {
    method: 'POST',
    path: '/api/v1/backup/export/run',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'backup.exports': {
    method: 'GET',
    path: '/api/v1/backup/exports',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backup.status': {
    method: 'GET',
    path: '/api/v1/backup/status',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backup.verify': {
    method: 'POST',
    path: '/api/v1/backup/verify',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'backup.history': {
    method: 'GET',
    path: '/api/v1/backup/verify/history',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.demo': {
    method: 'POST',
    path: '/api/v1/demo',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'feedback.comment': {
    method: 'POST',
    path: '/api/v1/feedback/comment',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'feedback.comments': {
    method: 'GET',
    path: '/api/v1/feedback/comments',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'feedback.flag': {
    method: 'POST',
    path: '/api/v1/feedback/flag',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'feedback.rate': {
    method: 'POST',
    path: '/api/v1/feedback/rate',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'feedback.stats': {
    method: 'GET',
    path: '/api/v1/feedback/stats',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'feedback.user': {
    method: 'GET',
    path: '/api/v1/feedback/user',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'alerts.create': {
    method: 'POST',
    path: '/api/v1/monitoring/alerts',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.list': {
    method: 'GET',
    path: '/api/v1/monitoring/alerts',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'alerts.channels': {
    method: 'GET',
    path: '/api/v1/monitoring/alerts/channels',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'alerts.createChannel': {
    method: 'POST',
    path: '/api/v1/monitoring/alerts/channels',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.changeChannel': {
    method: 'PATCH',
    path: '/api/v1/monitoring/alerts/channels/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.removeChannel': {
    method: 'DELETE',
    path: '/api/v1/monitoring/alerts/channels/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'alerts.testChannel': {
    method: 'POST',
    path: '/api/v1/monitoring/alerts/channels/{id}/test',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.evaluate': {
    method: 'POST',
    path: '/api/v1/monitoring/alerts/evaluate',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.history': {
    method: 'GET',
    path: '/api/v1/monitoring/alerts/history',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'alerts.analytics': {
    method: 'GET',
    path: '/api/v1/monitoring/alerts/history/analytics',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'alerts.resolve': {
    method: 'POST',
    path: '/api/v1/monitoring/alerts/history/{id}/resolve',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.notifications': {
    method: 'GET',
    path: '/api/v1/monitoring/alerts/notifications',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-query.preview': {
    method: 'POST',
    path: '/api/v1/monitoring/alerts/preview',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.rule': {
    method: 'GET',
    path: '/api/v1/monitoring/alerts/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'alerts.change': {
    method: 'PATCH',
    path: '/api/v1/monitoring/alerts/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'alerts.remove': {
    method: 'DELETE',
    path: '/api/v1/monitoring/alerts/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'backfill.progress': {
    method: 'POST',
    path: '/api/v1/monitoring/backfill/progress',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backfill.start': {
    method: 'POST',
    path: '/api/v1/monitoring/backfill/start',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backfill.list': {
    method: 'GET',
    path: '/api/v1/monitoring/backfill/status',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backfill.job': {
    method: 'GET',
    path: '/api/v1/monitoring/backfill/{job_id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backfill.claim': {
    method: 'POST',
    path: '/api/v1/monitoring/backfill/{job_id}/claim',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backfill.complete': {
    method: 'POST',
    path: '/api/v1/monitoring/backfill/{job_id}/complete',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backfill.fail': {
    method: 'POST',
    path: '/api/v1/monitoring/backfill/{job_id}/fail',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'backfill.heartbeat': {
    method: 'POST',
    path: '/api/v1/monitoring/backfill/{job_id}/heartbeat',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'compaction.run': {
    method: 'POST',
    path: '/api/v1/monitoring/compaction/run',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'monitoring.connections': {
    method: 'GET',
    path: '/api/v1/monitoring/database/connections',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'monitoring.indexes': {
    method: 'GET',
    path: '/api/v1/monitoring/database/indexes',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'monitoring.locks': {
    method: 'GET',
    path: '/api/v1/monitoring/database/locks',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'monitoring.pool': {
    method: 'GET',
    path: '/api/v1/monitoring/database/pool',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'monitoring.publish': {
    method: 'POST',
    path: '/api/v1/monitoring/database/publish-metrics',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'monitoring.queries': {
    method: 'GET',
    path: '/api/v1/monitoring/database/queries',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'monitoring.replication': {
    method: 'GET',
    path: '/api/v1/monitoring/database/replication',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'monitoring.tables': {
    method: 'GET',
    path: '/api/v1/monitoring/database/tables',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-ingest.one': {
    method: 'POST',
    path: '/api/v1/monitoring/metrics',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-query.range': {
    method: 'GET',
    path: '/api/v1/monitoring/metrics',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'metrics-query.aggregate': {
    method: 'GET',
    path: '/api/v1/monitoring/metrics/aggregate',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-ingest.batch': {
    method: 'POST',
    path: '/api/v1/monitoring/metrics/batch',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-query.cardinality': {
    method: 'GET',
    path: '/api/v1/monitoring/metrics/cardinality',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-query.series': {
    method: 'GET',
    path: '/api/v1/monitoring/metrics/series',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'metrics-query.trends': {
    method: 'GET',
    path: '/api/v1/monitoring/metrics/trends',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'partitions.list': {
    method: 'GET',
    path: '/api/v1/monitoring/partitions',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'partitions.run': {
    method: 'POST',
    path: '/api/v1/monitoring/partitions/run',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'retention.archives': {
    method: 'GET',
    path: '/api/v1/monitoring/retention/archives',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'retention.hold': {
    method: 'POST',
    path: '/api/v1/monitoring/retention/hold',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'retention.holds': {
    method: 'GET',
    path: '/api/v1/monitoring/retention/holds',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'retention.map': {
    method: 'GET',
    path: '/api/v1/monitoring/retention/map',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'retention.release': {
    method: 'POST',
    path: '/api/v1/monitoring/retention/release',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'retention.reopen': {
    method: 'POST',
    path: '/api/v1/monitoring/retention/reopen',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'retention.run': {
    method: 'POST',
    path: '/api/v1/monitoring/retention/run',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'retention.verify': {
    method: 'POST',
    path: '/api/v1/monitoring/retention/verify',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'compaction.rollups': {
    method: 'POST',
    path: '/api/v1/monitoring/rollups/run',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'monitoring.suite': {
    method: 'GET',
    path: '/api/v1/monitoring/suite',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.tenants': {
    method: 'GET',
    path: '/api/v1/tenants',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.createTenant': {
    method: 'POST',
    path: '/api/v1/tenants',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.changeTenant': {
    method: 'PATCH',
    path: '/api/v1/tenants/{name}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'identity.usage': {
    method: 'GET',
    path: '/api/v1/usage',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'identity.limits': {
    method: 'GET',
    path: '/api/v1/usage/limits',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-ingest.remoteWrite': {
    method: 'POST',
    path: '/api/v1/write',
    sends: 'application/x-protobuf',
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'metrics-ingest.influxV2': {
    method: 'POST',
    path: '/api/v2/write',
    sends: 'text/plain',
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'carbon.camerasList': {
    method: 'GET',
    path: '/cameras',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'carbon.camerasCreate': {
    method: 'POST',
    path: '/cameras',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.camerasRead': {
    method: 'GET',
    path: '/cameras/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.camerasPut': {
    method: 'PUT',
    path: '/cameras/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.camerasPatch': {
    method: 'PATCH',
    path: '/cameras/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.camerasRemove': {
    method: 'DELETE',
    path: '/cameras/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'carbon.stats': {
    method: 'GET',
    path: '/carbon/stats',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.brands': {
    method: 'GET',
    path: '/catalog/brands',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.categories': {
    method: 'GET',
    path: '/catalog/categories',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.items': {
    method: 'GET',
    path: '/catalog/items',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.item': {
    method: 'GET',
    path: '/catalog/items/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.itemSpecs': {
    method: 'GET',
    path: '/catalog/items/{id}/specs',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'console.page': {
    method: 'GET',
    path: '/console',
    sends: null,
    accepts: 'text/html',
    repeatable: true,
    paged: false,
  },
  'console.asset': {
    method: 'GET',
    path: '/console/assets/{file}',
    sends: null,
    accepts: 'text/javascript',
    repeatable: true,
    paged: false,
  },
  'console.settings': {
    method: 'GET',
    path: '/console/config.json',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'console.reference': {
    method: 'GET',
    path: '/docs',
    sends: null,
    accepts: 'text/html',
    repeatable: true,
    paged: false,
  },
  'console.referenceStyle': {
    method: 'GET',
    path: '/docs/reference.css',
    sends: null,
    accepts: 'text/css',
    repeatable: true,
    paged: false,
  },
  'productions.gearList': {
    method: 'GET',
    path: '/inventory',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.gearCreate': {
    method: 'POST',
    path: '/inventory',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.gearRead': {
    method: 'GET',
    path: '/inventory/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.gearPut': {
    method: 'PUT',
    path: '/inventory/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.gearPatch': {
    method: 'PATCH',
    path: '/inventory/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.gearRemove': {
    method: 'DELETE',
    path: '/inventory/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'monitoring.scrape': {
    method: 'GET',
    path: '/metrics',
    sends: null,
    accepts: 'text/plain',
    repeatable: true,
    paged: false,
  },
  'productions.notesList': {
    method: 'GET',
    path: '/notes',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.notesCreate': {
    method: 'POST',
    path: '/notes',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.notesRead': {
    method: 'GET',
    path: '/notes/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.notesPut': {
    method: 'PUT',
    path: '/notes/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.notesPatch': {
    method: 'PATCH',
    path: '/notes/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.notesRemove': {
    method: 'DELETE',
    path: '/notes/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'carbon.notificationsList': {
    method: 'GET',
    path: '/notifications',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'carbon.notificationsCreate': {
    method: 'POST',
    path: '/notifications',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.notificationsRead': {
    method: 'GET',
    path: '/notifications/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.notificationsRemove': {
    method: 'DELETE',
    path: '/notifications/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'console.document': {
    method: 'GET',
    path: '/openapi.json',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.organizationsList': {
    method: 'GET',
    path: '/organizations',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'carbon.organizationsCreate': {
    method: 'POST',
    path: '/organizations',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.organizationsRead': {
    method: 'GET',
    path: '/organizations/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.organizationsPut': {
    method: 'PUT',
    path: '/organizations/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.organizationsPatch': {
    method: 'PATCH',
    path: '/organizations/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.organizationsRemove': {
    method: 'DELETE',
    path: '/organizations/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'metrics-ingest.ping': {
    method: 'GET',
    path: '/ping',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.tasksList': {
    method: 'GET',
    path: '/postprod',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.tasksCreate': {
    method: 'POST',
    path: '/postprod',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.tasksRead': {
    method: 'GET',
    path: '/postprod/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.tasksPut': {
    method: 'PUT',
    path: '/postprod/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.tasksPatch': {
    method: 'PATCH',
    path: '/postprod/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.tasksRemove': {
    method: 'DELETE',
    path: '/postprod/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'productions.projectsList': {
    method: 'GET',
    path: '/projects',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.projectsCreate': {
    method: 'POST',
    path: '/projects',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.projectsRead': {
    method: 'GET',
    path: '/projects/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.projectsPut': {
    method: 'PUT',
    path: '/projects/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.projectsPatch': {
    method: 'PATCH',
    path: '/projects/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.projectsRemove': {
    method: 'DELETE',
    path: '/projects/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'promql.format': {
    method: 'GET',
    path: '/prometheus/api/v1/format_query',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'promql.formatForm': {
    method: 'POST',
    path: '/prometheus/api/v1/format_query',
    sends: 'application/x-www-form-urlencoded',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'promql.labelValues': {
    method: 'GET',
    path: '/prometheus/api/v1/label/{name}/values',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'promql.labels': {
    method: 'GET',
    path: '/prometheus/api/v1/labels',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'promql.labelsForm': {
    method: 'POST',
    path: '/prometheus/api/v1/labels',
    sends: 'application/x-www-form-urlencoded',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'promql.metadata': {
    method: 'GET',
    path: '/prometheus/api/v1/metadata',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'promql.query': {
    method: 'GET',
    path: '/prometheus/api/v1/query',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'promql.queryForm': {
    method: 'POST',
    path: '/prometheus/api/v1/query',
    sends: 'application/x-www-form-urlencoded',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'promql.range': {
    method: 'GET',
    path: '/prometheus/api/v1/query_range',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'promql.rangeForm': {
    method: 'POST',
    path: '/prometheus/api/v1/query_range',
    sends: 'application/x-www-form-urlencoded',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'promql.series': {
    method: 'GET',
    path: '/prometheus/api/v1/series',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'promql.seriesForm': {
    method: 'POST',
    path: '/prometheus/api/v1/series',
    sends: 'application/x-www-form-urlencoded',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'promql.buildInfo': {
    method: 'GET',
    path: '/prometheus/api/v1/status/buildinfo',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'metrics-ingest.influxStatement': {
    method: 'POST',
    path: '/query',
    sends: null,
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'metrics-ingest.influxQuestion': {
    method: 'GET',
    path: '/query',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.detect': {
    method: 'POST',
    path: '/sensor/detect',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.shotsList': {
    method: 'GET',
    path: '/shots',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'productions.shotsCreate': {
    method: 'POST',
    path: '/shots',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.shotsRead': {
    method: 'GET',
    path: '/shots/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'productions.shotsPut': {
    method: 'PUT',
    path: '/shots/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.shotsPatch': {
    method: 'PATCH',
    path: '/shots/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'productions.shotsRemove': {
    method: 'DELETE',
    path: '/shots/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'metrics-ingest.otlp': {
    method: 'POST',
    path: '/v1/metrics',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'metrics-ingest.influxV1': {
    method: 'POST',
    path: '/write',
    sends: 'text/plain',
    accepts: null,
    repeatable: false,
    paged: false,
  },
  'carbon.zonesList': {
    method: 'GET',
    path: '/zones',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: true,
  },
  'carbon.zonesCreate': {
    method: 'POST',
    path: '/zones',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.zonesRead': {
    method: 'GET',
    path: '/zones/{id}',
    sends: null,
    accepts: 'application/json',
    repeatable: true,
    paged: false,
  },
  'carbon.zonesPut': {
    method: 'PUT',
    path: '/zones/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.zonesPatch': {
    method: 'PATCH',
    path: '/zones/{id}',
    sends: 'application/json',
    accepts: 'application/json',
    repeatable: false,
    paged: false,
  },
  'carbon.zonesRemove': {
    method: 'DELETE',
    path: '/zones/{id}',
    sends: null,
    accepts: null,
    repeatable: false,
    paged: false,
  },
} as const
