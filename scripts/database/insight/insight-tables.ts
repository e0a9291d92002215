// The tables of the insight service, each as a view over one table of the suite: the statements that read and write its rows.

/** A view with its columns in order. */
export interface InsightTable {
  readonly name: string
  readonly columns: readonly (readonly [name: string, type: string])[]
  /** Selects the columns in their order. Row security shows the rows of the one tenant. */
  readonly rows: string
  /** Statements of a trigger in place of each change. An insert sets the columns of `new` that it gave a default. */
  readonly insert: string
  readonly update: string
  readonly remove: string
}

/** Its roles have other names; roles that it does not have are shown as the plainest one. */
const ROLE_OUT = `case role when 'admin' then 'admin' when 'operator' then 'service' else 'user' end`
const ROLE_IN = `case new.role when 'admin' then 'admin' when 'service' then 'operator' else 'owner' end`

const users: InsightTable = {
  name: 'users',
  columns: [
    ['id', 'uuid'],
    ['firebase_uid', 'text'],
    ['email', 'text'],
    ['display_name', 'text'],
    ['role', 'text'],
    ['subscription_tier', 'text'],
    ['created_at', 'timestamptz'],
    ['updated_at', 'timestamptz'],
    ['last_login_at', 'timestamptz'],
  ],
  rows: `select id, subject, email, display_name, ${ROLE_OUT}, subscription_tier, created_at, updated_at, last_login_at from app_user`,
  insert: `
    new.id := coalesce(new.id, gen_random_uuid());
    new.role := coalesce(new.role, 'user');
    new.subscription_tier := coalesce(new.subscription_tier, 'free');
    new.created_at := coalesce(new.created_at, now());
    new.updated_at := coalesce(new.updated_at, new.created_at);
    insert into app_user (tenant_id, id, subject, email, display_name, role, subscription_tier, created_at, updated_at, last_login_at)
    values (tenant, new.id, new.firebase_uid, new.email, new.display_name, ${ROLE_IN}, new.subscription_tier, new.created_at,
      new.updated_at, new.last_login_at);`,
  update: `
    update app_user set subject = new.firebase_uid, email = new.email, display_name = new.display_name,
      role = case when new.role is distinct from old.role then ${ROLE_IN} else role end,
      subscription_tier = new.subscription_tier, updated_at = now(), last_login_at = new.last_login_at
    where tenant_id = tenant and id = old.id;`,
  remove: 'delete from app_user where tenant_id = tenant and id = old.id;',
}

const apiKeys: InsightTable = {
  name: 'api_keys',
  columns: [
    ['id', 'uuid'],
    ['user_id', 'uuid'],
    ['key_hash', 'text'],
    ['key_prefix', 'text'],
    ['name', 'text'],
    ['scopes', 'text[]'],
    ['created_at', 'timestamptz'],
    ['last_used_at', 'timestamptz'],
    ['expires_at', 'timestamptz'],
    ['revoked_at', 'timestamptz'],
  ],
  rows: `select public_id, user_id, encode(whole_sha256, 'hex'), left('pk_' || id, 8), name, scopes, created_at, last_used_at, expires_at,
      revoked_at from api_key`,
  insert: `
    raise exception 'keys are made by POST /api/v1/auth/api-keys' using errcode = 'feature_not_supported';`,
  update: `
    update api_key set name = new.name, revoked_at = coalesce(revoked_at, new.revoked_at) where tenant_id = tenant and public_id = old.id;`,
  remove: `
    update api_key set revoked_at = coalesce(revoked_at, now()) where tenant_id = tenant and public_id = old.id;`,
}

const configurations: InsightTable = {
  name: 'alert_configurations',
  columns: [
    ['id', 'uuid'],
    ['name', 'text'],
    ['service_name', 'text'],
    ['metric_type', 'text'],
    ['threshold_type', 'text'],
    ['threshold_value', 'float8'],
    ['comparison_operator', 'text'],
    ['severity', 'text'],
    ['evaluation_window_seconds', 'int'],
    ['notification_channels', 'text[]'],
    ['suppression_enabled', 'boolean'],
    ['suppression_start', 'timestamptz'],
    ['suppression_end', 'timestamptz'],
    ['enabled', 'boolean'],
    ['created_by', 'uuid'],
    ['created_at', 'timestamptz'],
    ['updated_at', 'timestamptz'],
  ],
  rows: `select id, name, service_name, metric_type, threshold_type, threshold_value, comparison_operator, severity,
      evaluation_window_seconds, notification_channels, suppression_enabled, suppression_start, suppression_end, enabled, created_by,
      created_at, updated_at from alert_rule`,
  insert: `
    new.id := coalesce(new.id, gen_random_uuid());
    new.evaluation_window_seconds := coalesce(new.evaluation_window_seconds, 300);
    new.notification_channels := coalesce(new.notification_channels, '{}');
    new.suppression_enabled := coalesce(new.suppression_enabled, false);
    new.enabled := coalesce(new.enabled, true);
    -- Neither a user nor a key: rules of nobody are seen by managers.
    new.created_by := coalesce(new.created_by, '00000000-0000-8000-8000-000000000002');
    new.created_at := coalesce(new.created_at, now());
    new.updated_at := coalesce(new.updated_at, new.created_at);
    insert into alert_rule (tenant_id, id, name, service_name, metric_type, threshold_type, threshold_value, comparison_operator, severity,
      evaluation_window_seconds, notification_channels, suppression_enabled, suppression_start, suppression_end, enabled, created_by,
      created_at, updated_at)
    values (tenant, new.id, new.name, new.service_name, new.metric_type, new.threshold_type, new.threshold_value,
      new.comparison_operator, new.severity, new.evaluation_window_seconds, new.notification_channels, new.suppression_enabled,
      new.suppression_start, new.suppression_end, new.enabled, new.created_by, new.created_at, new.updated_at);`,
  update: `
    update alert_rule set name = new.name, service_name = new.service_name, metric_type = new.metric_type,
      threshold_type = new.threshold_type, threshold_value = new.threshold_value, comparison_operator = new.comparison_operator,
      severity = new.severity, evaluation_window_seconds = new.evaluation_window_seconds,
      notification_channels = new.notification_channels, suppression_enabled = new.suppression_enabled,
      suppression_start = new.suppression_start, suppression_end = new.suppression_end, enabled = new.enabled,
      updated_at = now(), version = version + 1
    where tenant_id = tenant and id = old.id;`,
  remove: 'delete from alert_rule where tenant_id = tenant and id = old.id;',
}

const history: InsightTable = {
  name: 'alert_history',
  columns: [
    ['id', 'uuid'],
    ['alert_config_id', 'uuid'],
    ['triggered_at', 'timestamptz'],
    ['resolved_at', 'timestamptz'],
    ['severity', 'text'],
    ['metric_value', 'float8'],
    ['threshold_value', 'float8'],
    ['message', 'text'],
    ['notification_sent', 'boolean'],
    ['notification_channels', 'text[]'],
    ['resolution_method', 'text'],
  ],
  rows: `select id, rule_id, triggered_at, resolved_at, severity, metric_value, threshold_value, message, notification_sent,
      notification_channels, resolution_method from alert_event`,
  insert: `
    new.id := coalesce(new.id, gen_random_uuid());
    new.triggered_at := coalesce(new.triggered_at, now());
    new.notification_sent := coalesce(new.notification_sent, false);
    new.notification_channels := coalesce(new.notification_channels, '{}');
    new.resolution_method := case when new.resolved_at is not null then coalesce(new.resolution_method, 'manual') end;
    insert into alert_event (tenant_id, id, rule_id, triggered_at, resolved_at, severity, metric_value, threshold_value, message,
      notification_sent, notification_channels, resolution_method)
    values (tenant, new.id, new.alert_config_id, new.triggered_at, new.resolved_at, new.severity, new.metric_value, new.threshold_value,
      new.message, new.notification_sent, new.notification_channels, new.resolution_method);`,
  // The alarm of an event that is resolved here is over, so that the next breach opens another one.
  update: `
    new.resolution_method := case when new.resolved_at is not null then coalesce(new.resolution_method, 'manual') end;
    if new.resolved_at is not null then
      update alert_state set state = 'normal', event_id = null, since = now(), breached_since = null, cleared_since = null
      where tenant_id = tenant and event_id = old.id;
    end if;
    update alert_event set triggered_at = new.triggered_at, resolved_at = new.resolved_at, severity = new.severity,
      metric_value = new.metric_value, threshold_value = new.threshold_value, message = new.message,
      notification_sent = new.notification_sent, notification_channels = new.notification_channels,
      resolution_method = new.resolution_method
    where tenant_id = tenant and id = old.id;`,
  remove: `
    update alert_state set state = 'normal', event_id = null, since = now(), breached_since = null, cleared_since = null
    where tenant_id = tenant and event_id = old.id;
    delete from alert_event where tenant_id = tenant and id = old.id;`,
}

const jobs: InsightTable = {
  name: 'backfill_jobs',
  columns: [
    ['id', 'uuid'],
    ['job_type', 'text'],
    ['start_block', 'bigint'],
    ['end_block', 'bigint'],
    ['current_block', 'bigint'],
    ['status', 'text'],
    ['progress_percentage', 'float8'],
    ['estimated_completion', 'timestamptz'],
    ['error_message', 'text'],
    ['started_at', 'timestamptz'],
    ['completed_at', 'timestamptz'],
    ['created_by', 'text'],
  ],
  rows: `select id, job_type, start_block, end_block, current_block, status, progress_percentage, estimated_completion, error_message,
      started_at, completed_at, created_by from backfill_job`,
  insert: `
    new.id := coalesce(new.id, gen_random_uuid());
    new.current_block := coalesce(new.current_block, new.start_block);
    new.status := coalesce(new.status, 'running');
    new.progress_percentage := coalesce(new.progress_percentage, 0);
    new.started_at := coalesce(new.started_at, now());
    new.completed_at := case when new.status in ('completed', 'failed') then coalesce(new.completed_at, now()) end;
    insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block, status, progress_percentage,
      estimated_completion, error_message, started_at, completed_at, created_by)
    values (tenant, new.id, new.job_type, new.start_block, new.end_block, new.current_block, new.status, new.progress_percentage,
      new.estimated_completion, new.error_message, new.started_at, new.completed_at, new.created_by);`,
  update: `
    update backfill_job set current_block = new.current_block, status = new.status, progress_percentage = new.progress_percentage,
      estimated_completion = new.estimated_completion, error_message = new.error_message,
      completed_at = case when new.status in ('completed', 'failed') then coalesce(new.completed_at, now()) end, version = version + 1
    where tenant_id = tenant and id = old.id;`,
  remove: 'delete from backfill_job where tenant_id = tenant and id = old.id;',
}

const feedback: InsightTable = {
  name: 'insight_feedback',
  columns: [
    ['id', 'uuid'],
    ['insight_id', 'text'],
    ['user_id', 'text'],
    ['rating', 'int'],
    ['comment', 'text'],
    ['flag_type', 'text'],
    ['flag_reason', 'text'],
    ['created_at', 'timestamptz'],
    ['updated_at', 'timestamptz'],
  ],
  rows: `select id, insight_id, user_id, rating::int, comment, flag_type, flag_reason, created_at, updated_at from insight_feedback`,
  insert: `
    new.id := coalesce(new.id, gen_random_uuid());
    new.created_at := coalesce(new.created_at, now());
    new.updated_at := coalesce(new.updated_at, new.created_at);
    insert into insight_feedback (tenant_id, id, insight_id, user_id, rating, comment, flag_type, flag_reason, created_at, updated_at)
    values (tenant, new.id, new.insight_id, new.user_id, new.rating, new.comment, new.flag_type, new.flag_reason, new.created_at,
      new.updated_at);`,
  update: `
    update insight_feedback set rating = new.rating, comment = new.comment, flag_type = new.flag_type, flag_reason = new.flag_reason,
      updated_at = greatest(now(), updated_at)
    where tenant_id = tenant and id = old.id;`,
  remove: 'delete from insight_feedback where tenant_id = tenant and id = old.id;',
}

export const insightTables: readonly InsightTable[] = [users, apiKeys, configurations, history, jobs, feedback]
