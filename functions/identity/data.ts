// The tables that this slice owns, and those that it uses.
import { quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    app_user: {
      grants: {
        select: true,
        insert: true,
        update: ['email', 'display_name', 'role', 'status', 'subscription_tier', 'updated_at'],
        delete: true,
      },
      person: 'subject',
      audit: { object: 'user', unwatched: ['last_login_at'], withheld: ['email', 'display_name'] },
    },
  },
  uses: {
    // Everything but the columns that could prove a credential.
    api_key: {
      select: [
        'id',
        'tenant_id',
        'public_id',
        'user_id',
        'name',
        'scopes',
        'created_at',
        'expires_at',
        'revoked_at',
        'rotated_at',
        'last_used_at',
      ],
      insert: [
        'id',
        'tenant_id',
        'user_id',
        'name',
        'scopes',
        'secret_sha256',
        'whole_sha256',
        'checksum_key',
        'expires_at',
      ],
      update: ['revoked_at', 'expires_at', 'rotated_at'],
    },
    plan: { select: true },
    quota_window: { select: true },
    usage_day: { select: true },
    archive: { select: true },
    // The series, points and rows of a demonstration.
    tenant: { select: true, update: ['series_count', 'series_made'] },
    metric_series: { select: true, insert: true, update: ['active'] },
    metric_log: { insert: ['tenant_id', 'block', 'first_ts', 'last_ts', 'n', 'series', 'ts', 'value'] },
    metric_expiry: { select: true },
    insight_feedback: { insert: true },
    insight_version: { select: true, insert: true, update: ['version'] },
    backfill_job: { insert: true },
    production_project: { insert: true },
    production_shot: { insert: true },
    production_task: { insert: true },
    ...quota,
  },
} as const satisfies SliceData
