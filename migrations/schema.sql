-- What the migrations come to. Made by `npm run schema`; a test compares it with a migrated database.
-- Roles, grants and the policies of maintenance roles are not here: they follow from shared/connection-budget.json.

create table alert_event (
  tenant_id integer not null,
  id uuid default gen_random_uuid() not null,
  rule_id uuid not null,
  "group" text,
  triggered_at timestamp with time zone not null,
  resolved_at timestamp with time zone,
  severity text not null,
  metric_value double precision,
  threshold_value double precision not null,
  message text not null,
  notification_sent boolean default false not null,
  notification_channels text[] default '{}'::text[] not null,
  resolution_method text,
  resolved_by text,
  comment text,
  constraint alert_event_pkey PRIMARY KEY (tenant_id, id),
  constraint alert_event_tenant_id_rule_id_fkey FOREIGN KEY (tenant_id, rule_id) REFERENCES alert_rule(tenant_id, id) ON DELETE CASCADE,
  constraint alert_event_check CHECK ((resolved_at >= triggered_at)),
  constraint alert_event_check1 CHECK (((resolved_at IS NULL) = (resolution_method IS NULL))),
  constraint alert_event_comment_check CHECK ((char_length(comment) <= 1000)),
  constraint alert_event_message_check CHECK ((char_length(message) <= 1000)),
  constraint alert_event_resolution_method_check CHECK ((resolution_method = ANY (ARRAY['auto'::text, 'suppressed'::text, 'manual'::text]))),
  constraint alert_event_resolved_by_check CHECK ((char_length(resolved_by) <= 200)),
  constraint alert_event_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text])))
);
alter table alert_event enable row level security;
alter table alert_event force row level security;

create table alert_rule (
  tenant_id integer not null,
  id uuid default gen_random_uuid() not null,
  name text not null,
  service_name text not null,
  metric_type text not null,
  threshold_type text not null,
  threshold_value double precision not null,
  comparison_operator text not null,
  severity text not null,
  evaluation_window_seconds integer default 300 not null,
  notification_channels text[] default '{}'::text[] not null,
  channel_ids uuid[] default '{}'::uuid[] not null,
  suppression_enabled boolean default false not null,
  suppression_start timestamp with time zone,
  suppression_end timestamp with time zone,
  enabled boolean default true not null,
  aggregate text default 'avg'::text not null,
  unit text,
  labels jsonb default '{}'::jsonb not null,
  group_by text,
  for_seconds integer default 0 not null,
  recover_seconds integer default 0 not null,
  recover_value double precision,
  no_data text default 'keep'::text not null,
  repeat_seconds integer default 0 not null,
  created_by uuid not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  version integer default 1 not null,
  constraint alert_rule_pkey PRIMARY KEY (tenant_id, id),
  constraint alert_rule_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint alert_rule_aggregate_check CHECK ((aggregate = ANY (ARRAY['avg'::text, 'min'::text, 'max'::text, 'sum'::text, 'count'::text, 'last'::text]))),
  constraint alert_rule_channel_ids_check CHECK ((cardinality(channel_ids) <= 20)),
  constraint alert_rule_check CHECK ((suppression_end > suppression_start)),
  constraint alert_rule_comparison_operator_check CHECK ((comparison_operator = ANY (ARRAY['>'::text, '<'::text, '>='::text, '<='::text, '=='::text]))),
  constraint alert_rule_evaluation_window_seconds_check CHECK (((evaluation_window_seconds >= 60) AND (evaluation_window_seconds <= 3600))),
  constraint alert_rule_for_seconds_check CHECK (((for_seconds >= 0) AND (for_seconds <= 86400))),
  constraint alert_rule_group_by_check CHECK (((char_length(group_by) >= 1) AND (char_length(group_by) <= 4096))),
  constraint alert_rule_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
  constraint alert_rule_metric_type_check CHECK (((char_length(metric_type) >= 1) AND (char_length(metric_type) <= 200))),
  constraint alert_rule_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  constraint alert_rule_no_data_check CHECK ((no_data = ANY (ARRAY['keep'::text, 'alert'::text, 'resolve'::text]))),
  constraint alert_rule_notification_channels_check CHECK ((notification_channels <@ ARRAY['email'::text, 'slack'::text, 'sms'::text, 'webhook'::text])),
  constraint alert_rule_recover_seconds_check CHECK (((recover_seconds >= 0) AND (recover_seconds <= 86400))),
  constraint alert_rule_repeat_seconds_check CHECK (((repeat_seconds >= 0) AND (repeat_seconds <= 604800))),
  constraint alert_rule_service_name_check CHECK (((char_length(service_name) >= 1) AND (char_length(service_name) <= 200))),
  constraint alert_rule_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  constraint alert_rule_threshold_type_check CHECK ((threshold_type = ANY (ARRAY['absolute'::text, 'percentage'::text, 'rate'::text]))),
  constraint alert_rule_threshold_value_check CHECK (((threshold_value > (0)::double precision) AND (threshold_value < 'Infinity'::double precision))),
  constraint alert_rule_unit_check CHECK ((char_length(unit) <= 200))
);
alter table alert_rule enable row level security;
alter table alert_rule force row level security;

create table alert_state (
  tenant_id integer not null,
  rule_id uuid not null,
  group_key text not null,
  state text default 'normal'::text not null,
  since timestamp with time zone,
  event_id uuid,
  breached_since timestamp with time zone,
  cleared_since timestamp with time zone,
  openings timestamp with time zone[] default '{}'::timestamp with time zone[] not null,
  flapping boolean default false not null,
  changed_at timestamp with time zone,
  notified_at timestamp with time zone,
  evaluated_at timestamp with time zone,
  last_error text,
  constraint alert_state_pkey PRIMARY KEY (tenant_id, rule_id, group_key),
  constraint alert_state_tenant_id_rule_id_fkey FOREIGN KEY (tenant_id, rule_id) REFERENCES alert_rule(tenant_id, id) ON DELETE CASCADE,
  constraint alert_state_check CHECK (((state = ANY (ARRAY['firing'::text, 'recovering'::text])) = (event_id IS NOT NULL))),
  constraint alert_state_last_error_check CHECK ((char_length(last_error) <= 500)),
  constraint alert_state_openings_check CHECK ((cardinality(openings) <= 5)),
  constraint alert_state_state_check CHECK ((state = ANY (ARRAY['normal'::text, 'pending'::text, 'firing'::text, 'recovering'::text])))
);
alter table alert_state enable row level security;
alter table alert_state force row level security;

create table api_key (
  id text not null,
  tenant_id integer,
  secret_sha256 bytea not null,
  scopes text[] not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  checksum_key text,
  public_id uuid default gen_random_uuid() not null,
  name text,
  user_id uuid,
  whole_sha256 bytea,
  rotated_at timestamp with time zone,
  constraint api_key_public_id_key UNIQUE (public_id),
  constraint api_key_pkey PRIMARY KEY (id),
  constraint api_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint api_key_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app_user(tenant_id, id) ON DELETE CASCADE,
  constraint api_key_check CHECK (
CASE
    WHEN (tenant_id IS NULL) THEN (scopes <@ ARRAY['operate'::text, 'admin'::text])
    ELSE (NOT (scopes && ARRAY['operate'::text, 'admin'::text]))
END),
  constraint api_key_checksum_key_check CHECK ((checksum_key ~ '^[0-9a-f]{8}$'::text)),
  constraint api_key_id_check CHECK ((id ~ '^[0-9A-Za-z]{12}$'::text)),
  constraint api_key_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  constraint api_key_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32)),
  constraint api_key_whole_sha256_check CHECK ((octet_length(whole_sha256) = 32))
);
alter table api_key enable row level security;
alter table api_key force row level security;

create table app_user (
  tenant_id integer not null,
  id uuid default gen_random_uuid() not null,
  subject text not null,
  email text not null,
  display_name text,
  role text not null,
  status text default 'active'::text not null,
  subscription_tier text default 'free'::text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  last_login_at timestamp with time zone,
  constraint app_user_subject UNIQUE (tenant_id, subject),
  constraint app_user_pkey PRIMARY KEY (tenant_id, id),
  constraint app_user_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint app_user_display_name_check CHECK (((char_length(display_name) >= 1) AND (char_length(display_name) <= 100))),
  constraint app_user_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
  constraint app_user_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'owner'::text, 'manager'::text, 'admin'::text]))),
  constraint app_user_status_check CHECK ((status = ANY (ARRAY['active'::text, 'invited'::text, 'suspended'::text]))),
  constraint app_user_subject_check CHECK (((char_length(subject) >= 1) AND (char_length(subject) <= 100))),
  constraint app_user_subscription_tier_check CHECK ((subscription_tier = ANY (ARRAY['free'::text, 'pro'::text, 'power'::text, 'white_label'::text])))
);
alter table app_user enable row level security;
alter table app_user force row level security;

create table archive (
  id bigint generated always as identity not null,
  dataset text not null,
  tenant_id integer not null,
  month date,
  name text not null,
  generation bigint not null,
  rows bigint not null,
  min_ts timestamp with time zone not null,
  max_ts timestamp with time zone not null,
  size_bytes bigint not null,
  crc32c text not null,
  content_sha256 bytea not null,
  state text default 'written'::text not null,
  written_at timestamp with time zone default clock_timestamp() not null,
  verified_at timestamp with time zone,
  held boolean default false not null,
  removed_at timestamp with time zone,
  rolled_up boolean default false not null,
  cold_since timestamp with time zone,
  hold_pending boolean default false not null,
  constraint archive_name_generation_key UNIQUE (name, generation),
  constraint archive_pkey PRIMARY KEY (id),
  constraint archive_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint archive_check CHECK ((min_ts <= max_ts)),
  constraint archive_check1 CHECK (((state <> 'verified'::text) OR (verified_at IS NOT NULL))),
  constraint archive_check2 CHECK (((removed_at IS NULL) OR (state = ANY (ARRAY['replaced'::text, 'expired'::text])))),
  constraint archive_check3 CHECK (((dataset <> 'metrics'::text) OR ((month IS NOT NULL) AND (min_ts >= ((month)::timestamp without time zone AT TIME ZONE 'UTC'::text)) AND (max_ts < ((month + '1 mon'::interval) AT TIME ZONE 'UTC'::text))))),
  constraint archive_content_sha256_check CHECK ((octet_length(content_sha256) = 32)),
  constraint archive_crc32c_check CHECK ((length(crc32c) = 8)),
  constraint archive_dataset_check CHECK ((dataset = ANY (ARRAY['metrics'::text, 'feedback'::text, 'backfill_jobs'::text, 'audit'::text]))),
  constraint archive_hold_pending_check CHECK ((held OR (NOT hold_pending))),
  constraint archive_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
  constraint archive_name_check CHECK ((name <> ''::text)),
  constraint archive_rows_check CHECK ((rows > 0)),
  constraint archive_size_bytes_check CHECK ((size_bytes > 0)),
  constraint archive_state_check CHECK ((state = ANY (ARRAY['written'::text, 'verified'::text, 'replaced'::text, 'expired'::text])))
);
alter table archive enable row level security;
alter table archive force row level security;

create table archive_hold (
  id bigint generated always as identity not null,
  tenant_id integer not null,
  dataset text not null,
  from_ts timestamp with time zone not null,
  to_ts timestamp with time zone not null,
  reason text not null,
  placed_by text not null,
  placed_at timestamp with time zone default clock_timestamp() not null,
  released_by text,
  released_at timestamp with time zone,
  constraint archive_hold_pkey PRIMARY KEY (id),
  constraint archive_hold_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint archive_hold_check CHECK ((from_ts < to_ts)),
  constraint archive_hold_check1 CHECK (((released_by IS NULL) = (released_at IS NULL))),
  constraint archive_hold_dataset_check CHECK ((dataset = ANY (ARRAY['metrics'::text, 'feedback'::text, 'backfill_jobs'::text, 'audit'::text]))),
  constraint archive_hold_placed_by_check CHECK ((placed_by <> ''::text)),
  constraint archive_hold_reason_check CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 1000))),
  constraint archive_hold_released_by_check CHECK ((released_by <> ''::text))
);
alter table archive_hold enable row level security;
alter table archive_hold force row level security;

create table archive_next (
  tenant_id integer not null,
  month date not null,
  run uuid not null,
  over_generation bigint not null,
  rows bigint not null,
  min_ts timestamp with time zone not null,
  max_ts timestamp with time zone not null,
  size_bytes bigint not null,
  crc32c text not null,
  content_sha256 bytea not null,
  constraint archive_next_pkey PRIMARY KEY (tenant_id, month),
  constraint archive_next_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint archive_next_check CHECK ((min_ts <= max_ts)),
  constraint archive_next_check1 CHECK (((min_ts >= ((month)::timestamp without time zone AT TIME ZONE 'UTC'::text)) AND (max_ts < ((month + '1 mon'::interval) AT TIME ZONE 'UTC'::text)))),
  constraint archive_next_content_sha256_check CHECK ((octet_length(content_sha256) = 32)),
  constraint archive_next_crc32c_check CHECK ((length(crc32c) = 8)),
  constraint archive_next_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
  constraint archive_next_over_generation_check CHECK ((over_generation >= 0)),
  constraint archive_next_rows_check CHECK ((rows > 0)),
  constraint archive_next_size_bytes_check CHECK ((size_bytes > 0))
);
alter table archive_next enable row level security;
alter table archive_next force row level security;

create table archiving (
  tenant_id integer not null,
  month date not null,
  run uuid default gen_random_uuid() not null,
  kind text not null,
  era smallint not null,
  xid xid8 not null,
  started_at timestamp with time zone default clock_timestamp() not null,
  constraint archiving_pkey PRIMARY KEY (tenant_id, month),
  constraint archiving_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint archiving_kind_check CHECK ((kind = ANY (ARRAY['archive'::text, 'bring back'::text]))),
  constraint archiving_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric))
);
alter table archiving enable row level security;
alter table archiving force row level security;

create table audit_entry (
  id bigint generated always as identity not null,
  tenant_id integer,
  at timestamp with time zone default clock_timestamp() not null,
  era smallint default 0 not null,
  xid xid8 default pg_current_xact_id() not null,
  actor text default COALESCE(NULLIF(current_setting('app.actor'::text, true), ''::text), (SESSION_USER)::text) not null,
  actor_kind text default 
CASE
    WHEN (NULLIF(current_setting('app.actor'::text, true), ''::text) IS NULL) THEN 'database'::text
    ELSE split_part(current_setting('app.actor'::text, true), ':'::text, 1)
END not null,
  login text default SESSION_USER not null,
  action text not null,
  object_type text not null,
  object_id text,
  outcome text default 'success'::text not null,
  request_id text default NULLIF(current_setting('app.request_id'::text, true), ''::text),
  address_prefix text default NULLIF(current_setting('app.address_prefix'::text, true), ''::text),
  before jsonb,
  after jsonb,
  constraint audit_entry_pkey PRIMARY KEY (id),
  constraint audit_entry_action_check CHECK (((action ~ '^[a-z_]+\.[a-z_]+$'::text) AND (length(action) <= 100))),
  constraint audit_entry_actor_check CHECK (((char_length(actor) >= 1) AND (char_length(actor) <= 400))),
  constraint audit_entry_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['key'::text, 'user'::text, 'service'::text, 'open'::text, 'database'::text]))),
  constraint audit_entry_address_prefix_check CHECK ((length(address_prefix) <= 64)),
  constraint audit_entry_after_check CHECK ((octet_length((after)::text) <= 4096)),
  constraint audit_entry_before_check CHECK ((octet_length((before)::text) <= 4096)),
  constraint audit_entry_object_id_check CHECK ((char_length(object_id) <= 500)),
  constraint audit_entry_object_type_check CHECK ((length(object_type) <= 63)),
  constraint audit_entry_outcome_check CHECK ((outcome = ANY (ARRAY['success'::text, 'partial'::text, 'failed'::text, 'denied'::text]))),
  constraint audit_entry_request_id_check CHECK ((length(request_id) <= 100))
);
alter table audit_entry enable row level security;
alter table audit_entry force row level security;

create table audit_kept (
  one boolean default true not null,
  from_at timestamp with time zone not null,
  constraint audit_kept_pkey PRIMARY KEY (one),
  constraint audit_kept_one_check CHECK (one)
);

create table audit_seal (
  id bigint not null,
  era smallint not null,
  from_xid xid8 not null,
  to_xid xid8 not null,
  rows integer not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  parts bytea not null,
  root_sha256 bytea not null,
  previous_sha256 bytea,
  sealed_at timestamp with time zone default clock_timestamp() not null,
  constraint audit_seal_pkey PRIMARY KEY (id),
  constraint audit_seal_check CHECK (((previous_sha256 IS NULL) = (id = 1))),
  constraint audit_seal_id_check CHECK ((id > 0)),
  constraint audit_seal_parts_check CHECK (((octet_length(parts) > 0) AND ((octet_length(parts) % 32) = 0))),
  constraint audit_seal_previous_sha256_check CHECK ((octet_length(previous_sha256) = 32)),
  constraint audit_seal_root_sha256_check CHECK ((octet_length(root_sha256) = 32)),
  constraint audit_seal_rows_check CHECK ((rows > 0))
);

create table audit_seal_copy (
  seal_id bigint not null,
  stored_at timestamp with time zone default clock_timestamp() not null,
  constraint audit_seal_copy_pkey PRIMARY KEY (seal_id)
);

create table audit_seal_part (
  seal_id bigint not null,
  tenant_id integer,
  rows integer not null,
  root_sha256 bytea not null,
  sealed_at timestamp with time zone not null,
  constraint audit_seal_part_root_sha256_check CHECK ((octet_length(root_sha256) = 32)),
  constraint audit_seal_part_rows_check CHECK ((rows > 0))
);
alter table audit_seal_part enable row level security;
alter table audit_seal_part force row level security;

create table backfill_job (
  tenant_id integer not null,
  id uuid not null,
  job_type text not null,
  start_block bigint not null,
  end_block bigint not null,
  current_block bigint not null,
  status text default 'running'::text not null,
  progress_percentage double precision default 0 not null,
  estimated_completion timestamp with time zone,
  error_message text,
  started_at timestamp with time zone default clock_timestamp() not null,
  completed_at timestamp with time zone,
  created_by text,
  version integer default 1 not null,
  next_block numeric(20,0),
  fencing_token bigint default 0 not null,
  running_since timestamp with time zone default clock_timestamp() not null,
  running_from numeric(20,0) default 0 not null,
  constraint backfill_job_pkey PRIMARY KEY (tenant_id, id),
  constraint backfill_job_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint backfill_job_check CHECK (((current_block >= start_block) AND (current_block <= end_block))),
  constraint backfill_job_check1 CHECK (((next_block >= (start_block)::numeric) AND (next_block <= ((end_block)::numeric + (1)::numeric)))),
  constraint backfill_job_check2 CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text])) = (completed_at IS NOT NULL))),
  constraint backfill_job_created_by_check CHECK (((char_length(created_by) >= 1) AND (char_length(created_by) <= 100))),
  constraint backfill_job_error_message_check CHECK ((char_length(error_message) <= 4000)),
  constraint backfill_job_job_type_check CHECK (((char_length(job_type) >= 1) AND (char_length(job_type) <= 50))),
  constraint backfill_job_progress_percentage_check CHECK (((progress_percentage >= (0)::double precision) AND (progress_percentage <= (100)::double precision))),
  constraint backfill_job_start_block_check CHECK ((start_block >= 0)),
  constraint backfill_job_status_check CHECK ((status = ANY (ARRAY['running'::text, 'paused'::text, 'completed'::text, 'failed'::text])))
);
alter table backfill_job enable row level security;
alter table backfill_job force row level security;

create table backfill_lease (
  tenant_id integer not null,
  job_id uuid not null,
  start_block bigint not null,
  end_block bigint not null,
  state text not null,
  lease_id uuid,
  fencing_token bigint not null,
  worker text not null,
  lease_seconds integer not null,
  expires_at timestamp with time zone not null,
  failures integer default 0 not null,
  losses integer default 0 not null,
  constraint backfill_lease_tenant_id_job_id_lease_id_key UNIQUE (tenant_id, job_id, lease_id),
  constraint backfill_lease_pkey PRIMARY KEY (tenant_id, job_id, start_block),
  constraint backfill_lease_tenant_id_job_id_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES backfill_job(tenant_id, id) ON DELETE CASCADE,
  constraint backfill_lease_check CHECK ((start_block <= end_block)),
  constraint backfill_lease_fencing_token_check CHECK ((fencing_token > 0)),
  constraint backfill_lease_lease_seconds_check CHECK ((lease_seconds > 0)),
  constraint backfill_lease_state_check CHECK ((state = ANY (ARRAY['leased'::text, 'returned'::text, 'done'::text, 'failed'::text]))),
  constraint backfill_lease_worker_check CHECK (((char_length(worker) >= 1) AND (char_length(worker) <= 100)))
);
alter table backfill_lease enable row level security;
alter table backfill_lease force row level security;

create table backup_marker (
  one boolean default true not null,
  at timestamp with time zone not null,
  lsn pg_lsn not null,
  horizon xid8 not null,
  constraint backup_marker_pkey PRIMARY KEY (one),
  constraint backup_marker_one_check CHECK (one)
);

create table backup_run (
  id uuid default gen_random_uuid() not null,
  number bigint generated always as identity not null,
  kind text not null,
  started_at timestamp with time zone default clock_timestamp() not null,
  finished_at timestamp with time zone,
  status text default 'in_progress'::text not null,
  instance text not null,
  test_instance text,
  backup_id text,
  steps jsonb default '[]'::jsonb not null,
  uri text,
  bytes bigint,
  crc32c text,
  error text,
  constraint backup_run_number_key UNIQUE (number),
  constraint backup_run_pkey PRIMARY KEY (id),
  constraint backup_run_backup_id_check CHECK ((backup_id ~ '^[0-9]{1,19}$'::text)),
  constraint backup_run_bytes_check CHECK ((bytes >= 0)),
  constraint backup_run_check CHECK (((finished_at IS NULL) = (status = 'in_progress'::text))),
  constraint backup_run_crc32c_check CHECK ((length(crc32c) = 8)),
  constraint backup_run_error_check CHECK ((length(error) <= 2000)),
  constraint backup_run_instance_check CHECK (((length(instance) >= 1) AND (length(instance) <= 98))),
  constraint backup_run_kind_check CHECK ((kind = ANY (ARRAY['export'::text, 'verification'::text]))),
  constraint backup_run_status_check CHECK ((status = ANY (ARRAY['in_progress'::text, 'success'::text, 'failed'::text]))),
  constraint backup_run_steps_check CHECK ((octet_length((steps)::text) <= 262144)),
  constraint backup_run_test_instance_check CHECK (((length(test_instance) >= 1) AND (length(test_instance) <= 98))),
  constraint backup_run_uri_check CHECK ((uri ~ '^gs://'::text))
);

create table carbon_alert (
  tenant_id integer not null,
  id integer not null,
  camera_id integer,
  heading text not null,
  sub_heading text,
  status text default 'OPEN'::text not null,
  closed_at timestamp with time zone,
  resolution text,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint carbon_alert_pkey PRIMARY KEY (tenant_id, id),
  constraint carbon_alert_tenant_id_camera_id_fkey FOREIGN KEY (tenant_id, camera_id) REFERENCES carbon_camera(tenant_id, id) ON DELETE SET NULL (camera_id),
  constraint carbon_alert_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint carbon_alert_check CHECK ((((status = 'CLOSED'::text) = (closed_at IS NOT NULL)) AND ((closed_at IS NULL) = (resolution IS NULL)))),
  constraint carbon_alert_heading_check CHECK (((char_length(heading) >= 1) AND (char_length(heading) <= 255))),
  constraint carbon_alert_resolution_check CHECK ((resolution = ANY (ARRAY['auto'::text, 'manual'::text]))),
  constraint carbon_alert_status_check CHECK ((status = ANY (ARRAY['OPEN'::text, 'CLOSED'::text]))),
  constraint carbon_alert_sub_heading_check CHECK ((char_length(sub_heading) <= 255))
);
alter table carbon_alert enable row level security;
alter table carbon_alert force row level security;

create table carbon_camera (
  tenant_id integer not null,
  id integer not null,
  zone_id integer not null,
  name text not null,
  is_active boolean default true not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint carbon_camera_pkey PRIMARY KEY (tenant_id, id),
  constraint carbon_camera_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint carbon_camera_tenant_id_zone_id_fkey FOREIGN KEY (tenant_id, zone_id) REFERENCES carbon_zone(tenant_id, id) ON DELETE CASCADE,
  constraint carbon_camera_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);
alter table carbon_camera enable row level security;
alter table carbon_camera force row level security;

create table carbon_ledger (
  tenant_id integer not null,
  zone_id integer not null,
  logs bigint default 0 not null,
  saved numeric default 0 not null,
  recent jsonb default '[]'::jsonb not null,
  last_at timestamp with time zone not null,
  constraint carbon_ledger_pkey PRIMARY KEY (tenant_id, zone_id),
  constraint carbon_ledger_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint carbon_ledger_tenant_id_zone_id_fkey FOREIGN KEY (tenant_id, zone_id) REFERENCES carbon_zone(tenant_id, id) ON DELETE CASCADE,
  constraint carbon_ledger_logs_check CHECK ((logs >= 0)),
  constraint carbon_ledger_recent_check CHECK ((jsonb_array_length(recent) <= 10))
);
alter table carbon_ledger enable row level security;
alter table carbon_ledger force row level security;

create table carbon_notification (
  tenant_id integer not null,
  id integer not null,
  title text not null,
  message text not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint carbon_notification_pkey PRIMARY KEY (tenant_id, id),
  constraint carbon_notification_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint carbon_notification_message_check CHECK (((char_length(message) >= 1) AND (char_length(message) <= 10000))),
  constraint carbon_notification_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 255)))
);
alter table carbon_notification enable row level security;
alter table carbon_notification force row level security;

create table carbon_organization (
  tenant_id integer not null,
  id integer not null,
  name text not null,
  org_type text not null,
  total_capacity integer default 0 not null,
  latitude numeric(9,6),
  longitude numeric(9,6),
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint carbon_organization_pkey PRIMARY KEY (tenant_id, id),
  constraint carbon_organization_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint carbon_organization_latitude_check CHECK (((latitude >= ('-90'::integer)::numeric) AND (latitude <= (90)::numeric))),
  constraint carbon_organization_longitude_check CHECK (((longitude >= ('-180'::integer)::numeric) AND (longitude <= (180)::numeric))),
  constraint carbon_organization_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
  constraint carbon_organization_org_type_check CHECK (((char_length(org_type) >= 1) AND (char_length(org_type) <= 100))),
  constraint carbon_organization_total_capacity_check CHECK ((total_capacity >= 0))
);
alter table carbon_organization enable row level security;
alter table carbon_organization force row level security;

create table carbon_zone (
  tenant_id integer not null,
  id integer not null,
  organization_id integer not null,
  name text not null,
  zone_type text not null,
  capacity integer default 0 not null,
  latitude numeric(9,6),
  longitude numeric(9,6),
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint carbon_zone_pkey PRIMARY KEY (tenant_id, id),
  constraint carbon_zone_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint carbon_zone_tenant_id_organization_id_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES carbon_organization(tenant_id, id) ON DELETE CASCADE,
  constraint carbon_zone_capacity_check CHECK ((capacity >= 0)),
  constraint carbon_zone_latitude_check CHECK (((latitude >= ('-90'::integer)::numeric) AND (latitude <= (90)::numeric))),
  constraint carbon_zone_longitude_check CHECK (((longitude >= ('-180'::integer)::numeric) AND (longitude <= (180)::numeric))),
  constraint carbon_zone_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
  constraint carbon_zone_zone_type_check CHECK (((char_length(zone_type) >= 1) AND (char_length(zone_type) <= 100)))
);
alter table carbon_zone enable row level security;
alter table carbon_zone force row level security;

create table chunk_month (
  month date not null,
  leaving boolean default false not null,
  made_at timestamp with time zone default now() not null,
  lockable boolean default true not null,
  constraint chunk_month_pkey PRIMARY KEY (month),
  constraint chunk_month_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric))
);

create table compaction_lock (
  tenant_id integer not null,
  constraint compaction_lock_pkey PRIMARY KEY (tenant_id),
  constraint compaction_lock_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table compaction_lock enable row level security;
alter table compaction_lock force row level security;

create table compaction_mark (
  tenant_id integer not null,
  day date not null,
  mark bigint generated always as identity not null,
  random bigint not null,
  points bigint not null,
  compacted_at timestamp with time zone default now() not null,
  constraint compaction_mark_pkey PRIMARY KEY (tenant_id, day),
  constraint compaction_mark_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint compaction_mark_points_check CHECK ((points >= 0))
);
alter table compaction_mark enable row level security;
alter table compaction_mark force row level security;

create table database_sample (
  at timestamp with time zone not null,
  activity jsonb not null,
  numbers jsonb not null,
  constraint database_sample_pkey PRIMARY KEY (at),
  constraint database_sample_at_check CHECK ((at = date_trunc('minute'::text, at)))
);

create table dead_letter (
  id bigint generated always as identity not null,
  tenant_id integer,
  source text not null,
  message_id text not null,
  reason text not null,
  detail text not null,
  content_type text not null,
  payload bytea not null,
  received_at timestamp with time zone default now() not null,
  constraint dead_letter_tenant_id_source_message_id_reason_key UNIQUE NULLS NOT DISTINCT (tenant_id, source, message_id, reason),
  constraint dead_letter_pkey PRIMARY KEY (id),
  constraint dead_letter_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table dead_letter enable row level security;
alter table dead_letter force row level security;

create table function_total (
  function text not null,
  activity jsonb not null,
  constraint function_total_pkey PRIMARY KEY (function),
  constraint function_total_function_check CHECK (((length(function) >= 1) AND (length(function) <= 63)))
);

create table gear_brand (
  id uuid default gen_random_uuid() not null,
  name text not null,
  constraint gear_brand_name_key UNIQUE (name),
  constraint gear_brand_pkey PRIMARY KEY (id),
  constraint gear_brand_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
);

create table gear_category (
  id uuid default gen_random_uuid() not null,
  name text not null,
  slug text not null,
  constraint gear_category_slug_key UNIQUE (slug),
  constraint gear_category_pkey PRIMARY KEY (id),
  constraint gear_category_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint gear_category_slug_check CHECK (((char_length(slug) >= 1) AND (char_length(slug) <= 200)))
);

create table gear_item (
  id uuid default gen_random_uuid() not null,
  brand_id uuid not null,
  category_id uuid not null,
  name text not null,
  specs jsonb default '{}'::jsonb not null,
  constraint gear_item_brand_id_name_key UNIQUE (brand_id, name),
  constraint gear_item_pkey PRIMARY KEY (id),
  constraint gear_item_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES gear_brand(id),
  constraint gear_item_category_id_fkey FOREIGN KEY (category_id) REFERENCES gear_category(id),
  constraint gear_item_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint gear_item_specs_check CHECK (((jsonb_typeof(specs) = 'object'::text) AND (octet_length((specs)::text) <= 16384)))
);

create table idempotency_key (
  tenant_id integer not null,
  key text not null,
  payload_sha256 bytea not null,
  verdicts jsonb not null,
  expires_at timestamp with time zone not null,
  constraint idempotency_key_pkey PRIMARY KEY (tenant_id, key),
  constraint idempotency_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint idempotency_key_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255))),
  constraint idempotency_key_payload_sha256_check CHECK ((octet_length(payload_sha256) = 32)),
  constraint idempotency_key_verdicts_check CHECK ((octet_length((verdicts)::text) <= 16384))
);
alter table idempotency_key enable row level security;
alter table idempotency_key force row level security;

create table import_progress (
  tenant_id integer not null,
  source_sha256 bytea not null,
  position_bytes bigint not null,
  position_lines bigint not null,
  done boolean not null,
  report jsonb not null,
  updated_at timestamp with time zone default now() not null,
  constraint import_progress_pkey PRIMARY KEY (tenant_id, source_sha256),
  constraint import_progress_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint import_progress_position_bytes_check CHECK ((position_bytes >= 0)),
  constraint import_progress_position_lines_check CHECK ((position_lines >= 0)),
  constraint import_progress_source_sha256_check CHECK ((octet_length(source_sha256) = 32))
);
alter table import_progress enable row level security;
alter table import_progress force row level security;

create table index_use (
  index text not null,
  scans bigint not null,
  changed_at timestamp with time zone not null,
  constraint index_use_pkey PRIMARY KEY (index),
  constraint index_use_index_check CHECK (((length(index) >= 1) AND (length(index) <= 63)))
);

create table insight_feedback (
  id uuid default gen_random_uuid() not null,
  tenant_id integer not null,
  insight_id text not null,
  user_id text not null,
  rating smallint,
  comment text,
  flag_type text,
  flag_reason text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint insight_feedback_pkey PRIMARY KEY (tenant_id, insight_id, user_id),
  constraint insight_feedback_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint insight_feedback_check CHECK ((updated_at >= created_at)),
  constraint insight_feedback_check1 CHECK ((num_nonnulls(rating, comment, flag_type) > 0)),
  constraint insight_feedback_check2 CHECK (((flag_reason IS NULL) OR (flag_type IS NOT NULL))),
  constraint insight_feedback_comment_check CHECK (((char_length(comment) >= 1) AND (char_length(comment) <= 1000))),
  constraint insight_feedback_flag_reason_check CHECK (((char_length(flag_reason) >= 1) AND (char_length(flag_reason) <= 500))),
  constraint insight_feedback_flag_type_check CHECK ((flag_type = ANY (ARRAY['inaccurate'::text, 'misleading'::text, 'spam'::text]))),
  constraint insight_feedback_insight_id_check CHECK (((char_length(insight_id) >= 1) AND (char_length(insight_id) <= 100))),
  constraint insight_feedback_rating_check CHECK (((rating >= 1) AND (rating <= 5))),
  constraint insight_feedback_user_id_check CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 100)))
);
alter table insight_feedback enable row level security;
alter table insight_feedback force row level security;

create table insight_version (
  tenant_id integer not null,
  insight_id text not null,
  version bigint not null,
  constraint insight_version_pkey PRIMARY KEY (tenant_id, insight_id),
  constraint insight_version_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table insight_version enable row level security;
alter table insight_version force row level security;

create table instance_report (
  function text not null,
  instance uuid not null,
  revision text not null,
  started_at timestamp with time zone not null,
  reported_at timestamp with time zone not null,
  report jsonb not null,
  constraint instance_report_pkey PRIMARY KEY (function, instance),
  constraint instance_report_function_check CHECK (((length(function) >= 1) AND (length(function) <= 63))),
  constraint instance_report_report_check CHECK ((octet_length((report)::text) <= 65536)),
  constraint instance_report_revision_check CHECK ((length(revision) <= 200))
);

create table instance_seen (
  function text not null,
  instance uuid not null,
  started_at timestamp with time zone not null,
  activity jsonb not null,
  constraint instance_seen_pkey PRIMARY KEY (function, instance),
  constraint instance_seen_function_check CHECK (((length(function) >= 1) AND (length(function) <= 63)))
);

create table job_run (
  id bigint generated always as identity not null,
  job text not null,
  schedule_time timestamp with time zone,
  started_at timestamp with time zone default clock_timestamp() not null,
  lease_until timestamp with time zone not null,
  finished_at timestamp with time zone,
  outcome text,
  result jsonb,
  constraint job_run_job_schedule_time_key UNIQUE (job, schedule_time),
  constraint job_run_pkey PRIMARY KEY (id),
  constraint job_run_outcome_check CHECK ((outcome = ANY (ARRAY['success'::text, 'partial'::text, 'failed'::text])))
);

create table metric_chunk (
  tenant_id integer not null,
  series_id integer not null,
  first_ts timestamp with time zone not null,
  last_ts timestamp with time zone not null,
  n smallint not null,
  unit integer not null,
  gap integer[],
  gap8 bigint[],
  value double precision[] not null,
  lone boolean default false not null,
  constraint metric_chunk_pkey PRIMARY KEY (series_id, last_ts),
  constraint metric_chunk_check CHECK ((num_nonnulls(gap, gap8) = 1)),
  constraint metric_chunk_check1 CHECK (((cardinality(value) = n) AND (COALESCE(cardinality(gap), cardinality(gap8)) = n))),
  constraint metric_chunk_check2 CHECK ((COALESCE((gap[1])::bigint, gap8[1]) = 0)),
  constraint metric_chunk_check3 CHECK ((first_ts <= last_ts)),
  constraint metric_chunk_check4 CHECK ((date_trunc('month'::text, (first_ts AT TIME ZONE 'UTC'::text)) = date_trunc('month'::text, (last_ts AT TIME ZONE 'UTC'::text)))),
  constraint metric_chunk_n_check CHECK (((n >= 1) AND (n <= 512))),
  constraint metric_chunk_unit_check CHECK ((unit = ANY (ARRAY[1, 1000, 1000000])))
) partition by RANGE (last_ts);
alter table metric_chunk enable row level security;
alter table metric_chunk force row level security;

create table metric_expiry (
  tenant_id integer not null,
  before timestamp with time zone not null,
  constraint metric_expiry_pkey PRIMARY KEY (tenant_id),
  constraint metric_expiry_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint metric_expiry_before_check CHECK ((before = date_trunc('month'::text, before, 'UTC'::text)))
);
alter table metric_expiry enable row level security;
alter table metric_expiry force row level security;

create table metric_hour (
  tenant_id integer not null,
  series_id integer not null,
  bucket timestamp with time zone not null,
  count integer not null,
  sum double precision not null,
  min double precision not null,
  max double precision not null,
  constraint metric_hour_pkey PRIMARY KEY (series_id, bucket),
  constraint metric_hour_bucket_check CHECK ((bucket = date_bin('01:00:00'::interval, bucket, '2000-01-01 00:00:00+00'::timestamp with time zone))),
  constraint metric_hour_check CHECK ((max >= min)),
  constraint metric_hour_count_check CHECK ((count > 0))
) partition by RANGE (bucket);
alter table metric_hour enable row level security;
alter table metric_hour force row level security;

create table metric_log (
  tenant_id integer not null,
  block integer not null,
  era smallint default 0 not null,
  xid xid8 default pg_current_xact_id() not null,
  first_ts timestamp with time zone not null,
  last_ts timestamp with time zone not null,
  n smallint not null,
  series integer[] not null,
  ts timestamp with time zone[] not null,
  value double precision[] not null,
  constraint metric_log_block_check CHECK ((block >= '-1'::integer)),
  constraint metric_log_check CHECK (((cardinality(series) = n) AND (cardinality(ts) = n) AND (cardinality(value) = n))),
  constraint metric_log_check1 CHECK (((array_lower(series, 1) = 1) AND (array_lower(ts, 1) = 1) AND (array_lower(value, 1) = 1))),
  constraint metric_log_check2 CHECK ((first_ts <= last_ts)),
  constraint metric_log_check3 CHECK ((date_trunc('day'::text, (first_ts AT TIME ZONE 'UTC'::text)) = date_trunc('day'::text, (last_ts AT TIME ZONE 'UTC'::text)))),
  constraint metric_log_n_check CHECK (((n >= 1) AND (n <= 4096)))
);
alter table metric_log enable row level security;
alter table metric_log force row level security;

create table metric_series (
  id integer generated always as identity not null,
  tenant_id integer not null,
  service_name text not null,
  metric_type text not null,
  unit text not null,
  labels jsonb not null,
  identity_sha256 bytea not null,
  created_at timestamp with time zone default now() not null,
  active boolean default true not null,
  block integer default 0 not null,
  constraint metric_series_tenant_id_identity_sha256_key UNIQUE (tenant_id, identity_sha256),
  constraint metric_series_pkey PRIMARY KEY (id),
  constraint metric_series_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint metric_series_block_check CHECK ((block >= 0)),
  constraint metric_series_identity_sha256_check CHECK ((octet_length(identity_sha256) = 32)),
  constraint metric_series_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
  constraint metric_series_metric_type_check CHECK (((char_length(metric_type) >= 1) AND (char_length(metric_type) <= 200))),
  constraint metric_series_service_name_check CHECK (((char_length(service_name) >= 1) AND (char_length(service_name) <= 200))),
  constraint metric_series_unit_check CHECK ((char_length(unit) <= 200))
);
alter table metric_series enable row level security;
alter table metric_series force row level security;

create table metric_series_span (
  series_id integer not null,
  tenant_id integer not null,
  first_ts timestamp with time zone not null,
  last_ts timestamp with time zone not null,
  constraint metric_series_span_pkey PRIMARY KEY (series_id),
  constraint metric_series_span_check CHECK ((first_ts <= last_ts))
);
alter table metric_series_span enable row level security;
alter table metric_series_span force row level security;

create table notification (
  tenant_id integer not null,
  id uuid default gen_random_uuid() not null,
  rule_id uuid,
  event_id uuid,
  kind text not null,
  channel_id uuid,
  channel_type text not null,
  sequence integer not null,
  payload jsonb not null,
  state text default 'pending'::text not null,
  attempts integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  next_attempt_at timestamp with time zone default now() not null,
  fencing_token bigint default 0 not null,
  sent_at timestamp with time zone,
  last_error text,
  constraint notification_tenant_id_event_id_channel_id_sequence_key UNIQUE (tenant_id, event_id, channel_id, sequence),
  constraint notification_pkey PRIMARY KEY (tenant_id, id),
  constraint notification_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES notification_channel(tenant_id, id) ON DELETE SET NULL (channel_id),
  constraint notification_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES alert_event(tenant_id, id) ON DELETE CASCADE,
  constraint notification_tenant_id_rule_id_fkey FOREIGN KEY (tenant_id, rule_id) REFERENCES alert_rule(tenant_id, id) ON DELETE CASCADE,
  constraint notification_channel_type_check1 CHECK ((channel_type = ANY (ARRAY['email'::text, 'slack'::text, 'sms'::text, 'webhook'::text]))),
  constraint notification_check CHECK (((state = 'sent'::text) = (sent_at IS NOT NULL))),
  constraint notification_kind_check CHECK ((kind = ANY (ARRAY['triggered'::text, 'resolved'::text, 'repeated'::text, 'flapping'::text, 'test'::text]))),
  constraint notification_last_error_check CHECK ((char_length(last_error) <= 500)),
  constraint notification_payload_check CHECK ((octet_length((payload)::text) <= 65536)),
  constraint notification_sequence_check CHECK ((sequence > 0)),
  constraint notification_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'leased'::text, 'sent'::text, 'failed'::text])))
);
alter table notification enable row level security;
alter table notification force row level security;

create table notification_channel (
  tenant_id integer not null,
  id uuid default gen_random_uuid() not null,
  type text not null,
  name text not null,
  enabled boolean default true not null,
  sealed bytea not null,
  hint text not null,
  last_error text,
  created_by uuid not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  version integer default 1 not null,
  constraint notification_channel_pkey PRIMARY KEY (tenant_id, id),
  constraint notification_channel_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint notification_channel_hint_check CHECK ((char_length(hint) <= 300)),
  constraint notification_channel_last_error_check CHECK ((char_length(last_error) <= 500)),
  constraint notification_channel_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  constraint notification_channel_sealed_check CHECK ((octet_length(sealed) <= 16384)),
  constraint notification_channel_type_check CHECK ((type = ANY (ARRAY['email'::text, 'slack'::text, 'sms'::text, 'webhook'::text])))
);
alter table notification_channel enable row level security;
alter table notification_channel force row level security;

create table plan (
  name text not null,
  requests_per_hour integer,
  points_per_minute integer,
  series integer not null,
  users integer,
  keys integer,
  constraint plan_pkey PRIMARY KEY (name),
  constraint plan_keys_check CHECK ((keys >= 0)),
  constraint plan_name_check CHECK ((name ~ '^[a-z_]{1,30}$'::text)),
  constraint plan_points_per_minute_check CHECK ((points_per_minute > 0)),
  constraint plan_requests_per_hour_check CHECK ((requests_per_hour > 0)),
  constraint plan_series_check CHECK ((series >= 0)),
  constraint plan_users_check CHECK ((users >= 0))
);

create table production_gear (
  tenant_id integer not null,
  owner text not null,
  id text not null,
  name text not null,
  catalog_item_id uuid,
  custom_name text,
  category text default 'Other'::text not null,
  serial_number text,
  price_per_day numeric default 0 not null,
  rental_price numeric,
  rental_frequency text,
  quantity integer default 1 not null,
  is_owned boolean default true not null,
  status text default 'operational'::text not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint production_gear_pkey PRIMARY KEY (tenant_id, owner, id),
  constraint production_gear_catalog_item_id_fkey FOREIGN KEY (catalog_item_id) REFERENCES gear_item(id) ON DELETE SET NULL,
  constraint production_gear_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint production_gear_category_check CHECK (((char_length(category) >= 1) AND (char_length(category) <= 100))),
  constraint production_gear_custom_name_check CHECK ((char_length(custom_name) <= 200)),
  constraint production_gear_id_check CHECK (((char_length(id) >= 1) AND (char_length(id) <= 128))),
  constraint production_gear_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint production_gear_owner_check CHECK ((char_length(owner) <= 100)),
  constraint production_gear_price_per_day_check CHECK ((price_per_day >= (0)::numeric)),
  constraint production_gear_quantity_check CHECK ((quantity >= 0)),
  constraint production_gear_rental_frequency_check CHECK ((char_length(rental_frequency) <= 20)),
  constraint production_gear_rental_price_check CHECK ((rental_price >= (0)::numeric)),
  constraint production_gear_serial_number_check CHECK ((char_length(serial_number) <= 100)),
  constraint production_gear_status_check CHECK (((char_length(status) >= 1) AND (char_length(status) <= 50)))
);
alter table production_gear enable row level security;
alter table production_gear force row level security;

create table production_note (
  tenant_id integer not null,
  owner text not null,
  id text not null,
  project_id uuid not null,
  title text not null,
  content text not null,
  shot_id text,
  task_id text,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint production_note_pkey PRIMARY KEY (tenant_id, owner, id),
  constraint production_note_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint production_note_tenant_id_owner_project_id_fkey FOREIGN KEY (tenant_id, owner, project_id) REFERENCES production_project(tenant_id, owner, id) ON DELETE CASCADE,
  constraint production_note_tenant_id_owner_shot_id_fkey FOREIGN KEY (tenant_id, owner, shot_id) REFERENCES production_shot(tenant_id, owner, id) ON DELETE SET NULL (shot_id),
  constraint production_note_tenant_id_owner_task_id_fkey FOREIGN KEY (tenant_id, owner, task_id) REFERENCES production_task(tenant_id, owner, id) ON DELETE SET NULL (task_id),
  constraint production_note_content_check CHECK ((char_length(content) <= 100000)),
  constraint production_note_id_check CHECK (((char_length(id) >= 1) AND (char_length(id) <= 128))),
  constraint production_note_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200)))
);
alter table production_note enable row level security;
alter table production_note force row level security;

create table production_project (
  tenant_id integer not null,
  owner text not null,
  id uuid default gen_random_uuid() not null,
  name text not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint production_project_pkey PRIMARY KEY (tenant_id, owner, id),
  constraint production_project_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint production_project_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint production_project_owner_check CHECK ((char_length(owner) <= 100))
);
alter table production_project enable row level security;
alter table production_project force row level security;

create table production_shot (
  tenant_id integer not null,
  owner text not null,
  id text not null,
  project_id uuid not null,
  title text not null,
  description text,
  status text default 'pending'::text not null,
  date date,
  start_time time without time zone,
  duration text default '1h'::text not null,
  location text,
  remarks text,
  scene_number text,
  equipment_ids text[] default '{}'::text[] not null,
  prepared_equipment_ids text[] default '{}'::text[] not null,
  date_order date generated always as (COALESCE(date, '-infinity'::date)) stored not null,
  time_order time without time zone generated always as (COALESCE(start_time, '24:00:00'::time without time zone)) stored not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint production_shot_pkey PRIMARY KEY (tenant_id, owner, id),
  constraint production_shot_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint production_shot_tenant_id_owner_project_id_fkey FOREIGN KEY (tenant_id, owner, project_id) REFERENCES production_project(tenant_id, owner, id) ON DELETE CASCADE,
  constraint production_shot_check CHECK ((prepared_equipment_ids <@ equipment_ids)),
  constraint production_shot_description_check CHECK ((char_length(description) <= 10000)),
  constraint production_shot_duration_check CHECK (((char_length(duration) >= 1) AND (char_length(duration) <= 20))),
  constraint production_shot_equipment_ids_check CHECK ((cardinality(equipment_ids) <= 200)),
  constraint production_shot_id_check CHECK (((char_length(id) >= 1) AND (char_length(id) <= 128))),
  constraint production_shot_location_check CHECK ((char_length(location) <= 300)),
  constraint production_shot_remarks_check CHECK ((char_length(remarks) <= 10000)),
  constraint production_shot_scene_number_check CHECK ((char_length(scene_number) <= 50)),
  constraint production_shot_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'done'::text]))),
  constraint production_shot_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200)))
);
alter table production_shot enable row level security;
alter table production_shot force row level security;

create table production_task (
  tenant_id integer not null,
  owner text not null,
  id text not null,
  project_id uuid not null,
  category text default 'Editing'::text not null,
  title text not null,
  status smallint default 0 not null,
  priority smallint default 1 not null,
  due_date date,
  description text,
  due_order date generated always as (COALESCE(due_date, 'infinity'::date)) stored not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  updated_at timestamp with time zone not null,
  updated_by text not null,
  version integer not null,
  deleted_at timestamp with time zone,
  deleted_by text,
  constraint production_task_pkey PRIMARY KEY (tenant_id, owner, id),
  constraint production_task_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint production_task_tenant_id_owner_project_id_fkey FOREIGN KEY (tenant_id, owner, project_id) REFERENCES production_project(tenant_id, owner, id) ON DELETE CASCADE,
  constraint production_task_category_check CHECK (((char_length(category) >= 1) AND (char_length(category) <= 50))),
  constraint production_task_description_check CHECK ((char_length(description) <= 10000)),
  constraint production_task_id_check CHECK (((char_length(id) >= 1) AND (char_length(id) <= 128))),
  constraint production_task_priority_check CHECK (((priority >= 0) AND (priority <= 3))),
  constraint production_task_status_check CHECK (((status >= 0) AND (status <= 3))),
  constraint production_task_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200)))
);
alter table production_task enable row level security;
alter table production_task force row level security;

create table quota_window (
  tenant_id integer not null,
  policy text not null,
  window_start timestamp with time zone not null,
  granted integer not null,
  lease integer not null,
  constraint quota_window_pkey PRIMARY KEY (tenant_id, policy),
  constraint quota_window_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint quota_window_granted_check CHECK ((granted >= 0)),
  constraint quota_window_lease_check CHECK ((lease >= 0)),
  constraint quota_window_policy_check CHECK ((policy = ANY (ARRAY['requests'::text, 'points'::text])))
);
alter table quota_window enable row level security;
alter table quota_window force row level security;

create table role_baseline (
  role text not null,
  settings text[] not null,
  verifier text,
  constraint role_baseline_pkey PRIMARY KEY (role),
  constraint role_baseline_verifier_check CHECK ((verifier ~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*:[A-Za-z0-9+/]+=*$'::text))
);

create table schema_migration (
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone default now() not null,
  constraint schema_migration_pkey PRIMARY KEY (name)
);

create table stamp_minute (
  minute timestamp with time zone not null,
  slots integer not null,
  constraint stamp_minute_pkey PRIMARY KEY (minute),
  constraint stamp_minute_minute_check CHECK ((date_bin('00:01:00'::interval, minute, '2000-01-01 00:00:00+00'::timestamp with time zone) = minute)),
  constraint stamp_minute_slots_check CHECK (((slots >= 1) AND (slots <= 512)))
);

create table store_state (
  single boolean default true not null,
  era smallint default 0 not null,
  system_identifier bigint,
  reconciled_system bigint,
  reconciled_timeline integer,
  constraint store_state_pkey PRIMARY KEY (single),
  constraint store_state_era_check CHECK ((era >= 0)),
  constraint store_state_single_check CHECK (single)
);

create table tenant (
  id integer generated always as identity not null,
  name text not null,
  status text default 'active'::text not null,
  series_limit integer default 100000 not null,
  series_count integer default 0 not null,
  ignored_labels text[] default '{}'::text[] not null,
  created_at timestamp with time zone default now() not null,
  series_made bigint default 0 not null,
  series_epoch bigint default 0 not null,
  series_counted_at timestamp with time zone default '-infinity'::timestamp with time zone not null,
  plan text default 'unlimited'::text not null,
  constraint tenant_name_key UNIQUE (name),
  constraint tenant_pkey PRIMARY KEY (id),
  constraint tenant_plan_fkey FOREIGN KEY (plan) REFERENCES plan(name),
  constraint tenant_name_check CHECK ((name ~ '^[a-z0-9-]{1,63}$'::text)),
  constraint tenant_series_count_check CHECK ((series_count >= 0)),
  constraint tenant_series_limit_check CHECK ((series_limit >= 0)),
  constraint tenant_series_made_check CHECK ((series_made >= 0)),
  constraint tenant_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))
);
alter table tenant enable row level security;
alter table tenant force row level security;

create table tenant_quota (
  tenant_id integer not null,
  kind text not null,
  max_rows bigint,
  max_bytes bigint,
  constraint tenant_quota_pkey PRIMARY KEY (tenant_id, kind),
  constraint tenant_quota_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint tenant_quota_max_bytes_check CHECK ((max_bytes >= 0)),
  constraint tenant_quota_max_rows_check CHECK ((max_rows >= 0))
);
alter table tenant_quota enable row level security;
alter table tenant_quota force row level security;

create table tenant_usage (
  tenant_id integer not null,
  kind text not null,
  part smallint not null,
  row_count bigint not null,
  byte_count bigint not null,
  constraint tenant_usage_pkey PRIMARY KEY (tenant_id, kind, part),
  constraint tenant_usage_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table tenant_usage enable row level security;
alter table tenant_usage force row level security;

create table usage_day (
  tenant_id integer not null,
  day date not null,
  requests bigint default 0 not null,
  requests_refused bigint default 0 not null,
  points_refused bigint default 0 not null,
  series_refused bigint default 0 not null,
  points_accepted bigint default 0 not null,
  points_rejected bigint default 0 not null,
  bytes_in bigint default 0 not null,
  bytes_out bigint default 0 not null,
  constraint usage_day_pkey PRIMARY KEY (tenant_id, day),
  constraint usage_day_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table usage_day enable row level security;
alter table usage_day force row level security;

CREATE INDEX alert_event_newest ON public.alert_event USING btree (tenant_id, triggered_at DESC, id DESC);
CREATE INDEX alert_event_resolved ON public.alert_event USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);
CREATE INDEX alert_event_rule ON public.alert_event USING btree (tenant_id, rule_id, triggered_at DESC);
CREATE INDEX alert_rule_newest ON public.alert_rule USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX api_key_user ON public.api_key USING btree (tenant_id, user_id, created_at DESC);
CREATE UNIQUE INDEX app_user_email ON public.app_user USING btree (tenant_id, lower(email));
CREATE INDEX app_user_newest ON public.app_user USING btree (tenant_id, created_at DESC, id);
CREATE INDEX archive_hold_standing ON public.archive_hold USING btree (tenant_id, dataset) WHERE (released_at IS NULL);
CREATE INDEX archive_month ON public.archive USING btree (month, tenant_id) WHERE (removed_at IS NULL);
CREATE UNIQUE INDEX archive_verified ON public.archive USING btree (tenant_id, month) WHERE ((dataset = 'metrics'::text) AND (state = 'verified'::text));
CREATE UNIQUE INDEX archive_written ON public.archive USING btree (tenant_id, month) WHERE ((dataset = 'metrics'::text) AND (state = 'written'::text));
CREATE INDEX audit_entry_at ON public.audit_entry USING btree (at, id);
CREATE INDEX audit_entry_newest ON public.audit_entry USING btree (tenant_id, at DESC, id DESC);
CREATE INDEX audit_entry_object ON public.audit_entry USING btree (tenant_id, object_id, at DESC);
CREATE INDEX audit_entry_xid ON public.audit_entry USING btree (era, xid);
CREATE INDEX audit_seal_copy_stored ON public.audit_seal_copy USING btree (stored_at);
CREATE INDEX audit_seal_part_seal ON public.audit_seal_part USING btree (seal_id);
CREATE INDEX audit_seal_part_sealed ON public.audit_seal_part USING btree (sealed_at);
CREATE UNIQUE INDEX audit_seal_part_tenant ON public.audit_seal_part USING btree (tenant_id, seal_id);
CREATE INDEX audit_seal_sealed ON public.audit_seal USING btree (sealed_at);
CREATE INDEX backfill_job_finished ON public.backfill_job USING btree (completed_at) WHERE (completed_at IS NOT NULL);
CREATE INDEX backfill_job_newest ON public.backfill_job USING btree (tenant_id, started_at DESC, id DESC);
CREATE INDEX backfill_lease_open ON public.backfill_lease USING btree (tenant_id, job_id, start_block) WHERE (state <> 'done'::text);
CREATE INDEX backup_run_by_end ON public.backup_run USING btree (finished_at);
CREATE INDEX backup_run_by_kind ON public.backup_run USING btree (kind, number DESC);
CREATE UNIQUE INDEX backup_run_open ON public.backup_run USING btree (kind) WHERE (finished_at IS NULL);
CREATE INDEX carbon_alert_deleted ON public.carbon_alert USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX carbon_alert_newest ON public.carbon_alert USING btree (tenant_id, created_at DESC, id) WHERE (deleted_at IS NULL);
CREATE INDEX carbon_alert_of ON public.carbon_alert USING btree (tenant_id, camera_id) WHERE (camera_id IS NOT NULL);
CREATE UNIQUE INDEX carbon_alert_open ON public.carbon_alert USING btree (tenant_id, camera_id) WHERE ((status = 'OPEN'::text) AND (deleted_at IS NULL));
CREATE INDEX carbon_camera_deleted ON public.carbon_camera USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX carbon_camera_of ON public.carbon_camera USING btree (tenant_id, zone_id, id);
CREATE INDEX carbon_notification_deleted ON public.carbon_notification USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX carbon_notification_newest ON public.carbon_notification USING btree (tenant_id, created_at DESC, id) WHERE (deleted_at IS NULL);
CREATE INDEX carbon_organization_deleted ON public.carbon_organization USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX carbon_organization_newest ON public.carbon_organization USING btree (tenant_id, created_at DESC, id) WHERE (deleted_at IS NULL);
CREATE INDEX carbon_zone_deleted ON public.carbon_zone USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX carbon_zone_of ON public.carbon_zone USING btree (tenant_id, organization_id, id);
CREATE INDEX gear_item_listing ON public.gear_item USING btree (category_id, brand_id, id);
CREATE INDEX idempotency_key_expiry ON public.idempotency_key USING btree (expires_at);
CREATE INDEX insight_feedback_comments ON public.insight_feedback USING btree (tenant_id, insight_id, created_at DESC) WHERE (comment IS NOT NULL);
CREATE INDEX insight_feedback_created ON public.insight_feedback USING btree (created_at);
CREATE INDEX insight_feedback_user ON public.insight_feedback USING btree (tenant_id, user_id, created_at DESC);
CREATE UNIQUE INDEX job_run_open ON public.job_run USING btree (job) WHERE (finished_at IS NULL);
CREATE INDEX metric_chunk_lone ON ONLY public.metric_chunk USING btree (series_id, last_ts) WHERE lone;
CREATE INDEX metric_chunk_newest ON ONLY public.metric_chunk USING btree (((tenant_id)::bigint), last_ts);
CREATE INDEX metric_log_block ON public.metric_log USING btree (tenant_id, block, last_ts) INCLUDE (n);
CREATE INDEX metric_log_newest ON public.metric_log USING btree (((tenant_id)::bigint), last_ts);
CREATE INDEX metric_series_name ON public.metric_series USING btree (tenant_id, service_name, metric_type, id);
CREATE INDEX metric_series_span_tenant ON public.metric_series_span USING btree (tenant_id, series_id);
CREATE INDEX notification_channel_id ON public.notification USING btree (tenant_id, channel_id);
CREATE INDEX notification_channel_newest ON public.notification_channel USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX notification_created ON public.notification USING btree (created_at);
CREATE INDEX notification_due ON public.notification USING btree (tenant_id, next_attempt_at) WHERE (state = ANY (ARRAY['pending'::text, 'leased'::text]));
CREATE INDEX notification_newest ON public.notification USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX notification_rule ON public.notification USING btree (tenant_id, rule_id);
CREATE INDEX production_gear_deleted ON public.production_gear USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX production_gear_item ON public.production_gear USING btree (catalog_item_id) WHERE (catalog_item_id IS NOT NULL);
CREATE INDEX production_gear_listing ON public.production_gear USING btree (tenant_id, owner, status, category, id) WHERE (deleted_at IS NULL);
CREATE INDEX production_note_changed ON public.production_note USING btree (tenant_id, owner, project_id, updated_at DESC, id) WHERE (deleted_at IS NULL);
CREATE INDEX production_note_deleted ON public.production_note USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX production_note_shot ON public.production_note USING btree (tenant_id, owner, shot_id) WHERE (shot_id IS NOT NULL);
CREATE INDEX production_note_task ON public.production_note USING btree (tenant_id, owner, task_id) WHERE (task_id IS NOT NULL);
CREATE INDEX production_project_deleted ON public.production_project USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX production_project_newest ON public.production_project USING btree (tenant_id, owner, created_at DESC, id) WHERE (deleted_at IS NULL);
CREATE INDEX production_shot_deleted ON public.production_shot USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX production_shot_order ON public.production_shot USING btree (tenant_id, owner, project_id, date_order DESC, time_order, id) WHERE (deleted_at IS NULL);
CREATE INDEX production_shot_status ON public.production_shot USING btree (tenant_id, owner, project_id, status, date_order DESC, time_order, id) WHERE (deleted_at IS NULL);
CREATE INDEX production_task_board ON public.production_task USING btree (tenant_id, owner, project_id, status, priority DESC, due_order, id) WHERE (deleted_at IS NULL);
CREATE INDEX production_task_deleted ON public.production_task USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX tenant_demo ON public.tenant USING btree (created_at) WHERE (plan = 'demo'::text);
create policy tenant_isolation on alert_event for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on alert_rule for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on alert_state for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on api_key for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on app_user for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on archive for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on archive_hold for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on archive_next for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on archiving for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_additions on audit_entry for insert to public with check (((tenant_id IS NULL) OR (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif"))));
create policy tenant_isolation on audit_entry for select to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on audit_seal_part for select to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on backfill_job for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on backfill_lease for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on carbon_alert for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on carbon_camera for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on carbon_ledger for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on carbon_notification for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on carbon_organization for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on carbon_zone for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on compaction_lock for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on compaction_mark for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on dead_letter for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_unknown on dead_letter for insert to public with check ((tenant_id IS NULL));
create policy tenant_isolation on idempotency_key for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on import_progress for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on insight_feedback for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on insight_version for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy source_tenant on metric_chunk for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy source_tenant_only on metric_chunk as restrictive for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy tenant_isolation on metric_chunk for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy source_tenant on metric_expiry for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy source_tenant_only on metric_expiry as restrictive for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy tenant_isolation on metric_expiry for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy source_tenant on metric_hour for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy source_tenant_only on metric_hour as restrictive for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy tenant_isolation on metric_hour for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy source_tenant on metric_log for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy source_tenant_only on metric_log as restrictive for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy tenant_isolation on metric_log for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy reader_tenant on metric_series for all to penstock_reader using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy reader_tenant_only on metric_series as restrictive for all to penstock_reader using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy source_tenant on metric_series for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy source_tenant_only on metric_series as restrictive for all to penstock_reader_source using ((tenant_id = ( SELECT reader_tenant() AS reader_tenant)));
create policy tenant_isolation on metric_series for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on metric_series_span for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on notification for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on notification_channel for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy owner_isolation on production_gear as restrictive for all to public using (
CASE
    WHEN (( SELECT NULLIF(current_setting('app.subject'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE (owner = ( SELECT current_setting('app.subject'::text, true) AS current_setting))
END);
create policy tenant_isolation on production_gear for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy owner_isolation on production_note as restrictive for all to public using (
CASE
    WHEN (( SELECT NULLIF(current_setting('app.subject'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE (owner = ( SELECT current_setting('app.subject'::text, true) AS current_setting))
END);
create policy tenant_isolation on production_note for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy owner_isolation on production_project as restrictive for all to public using (
CASE
    WHEN (( SELECT NULLIF(current_setting('app.subject'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE (owner = ( SELECT current_setting('app.subject'::text, true) AS current_setting))
END);
create policy tenant_isolation on production_project for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy owner_isolation on production_shot as restrictive for all to public using (
CASE
    WHEN (( SELECT NULLIF(current_setting('app.subject'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE (owner = ( SELECT current_setting('app.subject'::text, true) AS current_setting))
END);
create policy tenant_isolation on production_shot for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy owner_isolation on production_task as restrictive for all to public using (
CASE
    WHEN (( SELECT NULLIF(current_setting('app.subject'::text, true), ''::text) AS "nullif") IS NULL) THEN true
    ELSE (owner = ( SELECT current_setting('app.subject'::text, true) AS current_setting))
END);
create policy tenant_isolation on production_task for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on quota_window for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on tenant for all to public using ((id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on tenant_quota for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on tenant_usage for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create policy tenant_isolation on usage_day for all to public using ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer AS "nullif")));
create view metric_point with (security_invoker=true) as
 SELECT NULL::integer AS tenant_id,
    NULL::integer AS series_id,
    NULL::timestamp with time zone AS ts,
    NULL::double precision AS value
  WHERE asks_former_table('metric_point'::text, 'metric_points(series, from, to)'::text, 'stored_point'::text);
create view metric_rollup with (security_invoker=true) as
 SELECT NULL::integer AS tenant_id,
    NULL::integer AS series_id,
    NULL::timestamp with time zone AS bucket,
    NULL::bigint AS count,
    NULL::double precision AS sum,
    NULL::double precision AS min,
    NULL::double precision AS max
  WHERE asks_former_table('metric_rollup'::text, 'metric_hours(series, from, to)'::text, 'stored_hour'::text);
create view stored_hour with (security_invoker=true) as
 SELECT metric_hour.tenant_id,
    metric_hour.series_id,
    metric_hour.bucket,
    metric_hour.count,
    metric_hour.sum,
    metric_hour.min,
    metric_hour.max
   FROM metric_hour
UNION ALL
 SELECT c.tenant_id,
    c.series_id,
    p.hour AS bucket,
    1 AS count,
    p.value AS sum,
    p.value AS min,
    p.value AS max
   FROM (metric_chunk c
     CROSS JOIN LATERAL ( SELECT date_bin('01:00:00'::interval, (c.first_ts + (((sum(g.gap) OVER (ORDER BY g.i) * (c.unit)::numeric))::double precision * '00:00:00.000001'::interval)), '2000-01-01 00:00:00+00'::timestamp with time zone) AS hour,
            g.value
           FROM UNNEST(COALESCE((c.gap)::bigint[], c.gap8), c.value) WITH ORDINALITY g(gap, value, i)) p)
  WHERE (c.lone AND (NOT (EXISTS ( SELECT
           FROM metric_hour h
          WHERE ((h.series_id = c.series_id) AND (h.bucket = p.hour))))));
create view stored_point with (security_invoker=true) as
 SELECT p.tenant_id,
    p.series_id,
    p.ts,
    p.value
   FROM ( SELECT DISTINCT ON (stored.tenant_id, stored.series_id, stored.ts) stored.tenant_id,
            stored.series_id,
            stored.ts,
            stored.value
           FROM ( SELECT l.tenant_id,
                    p_1.series_id,
                    p_1.ts,
                    p_1.value,
                    l.era,
                    l.xid
                   FROM (metric_log l
                     CROSS JOIN LATERAL UNNEST(l.series, l.ts, l.value) p_1(series_id, ts, value))
                UNION ALL
                 SELECT c.tenant_id,
                    c.series_id,
                    (c.first_ts + (((p_1.units * (c.unit)::numeric))::double precision * '00:00:00.000001'::interval)),
                    p_1.value,
                    ('-1'::integer)::smallint AS int2,
                    '0'::xid8 AS xid8
                   FROM (metric_chunk c
                     CROSS JOIN LATERAL ( SELECT sum(g.gap) OVER (ORDER BY g.i) AS units,
                            g.value
                           FROM UNNEST(COALESCE((c.gap)::bigint[], c.gap8), c.value) WITH ORDINALITY g(gap, value, i)) p_1)) stored
          ORDER BY stored.tenant_id, stored.series_id, stored.ts, stored.era DESC, stored.xid DESC) p
  WHERE (NOT (EXISTS ( SELECT
           FROM metric_expiry e
          WHERE ((e.tenant_id = p.tenant_id) AND (p.ts < e.before)))));
CREATE OR REPLACE FUNCTION public.add_demo_tenant(new_name text, most integer)
 RETURNS TABLE(id integer, expires_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  perform pg_advisory_xact_lock(7301085);
  if (select count(*) from public.tenant t where t.plan = 'demo' and t.created_at > clock_timestamp() - interval '1 day') >= most then
    return;
  end if;
  return query
    insert into public.tenant as t (name, plan, series_limit)
      select new_name, p.name, p.series from public.plan p where p.name = 'demo'
      returning t.id, t.created_at + interval '1 day';
end
$function$
;
CREATE OR REPLACE FUNCTION public.add_tenant(new_name text, new_plan text, new_series_limit integer, new_ignored_labels text[])
 RETURNS TABLE(name text, status text, plan text, series_limit integer, series_count integer, ignored_labels text[], created_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  insert into public.tenant as t (name, plan, series_limit, ignored_labels)
    select new_name, p.name, coalesce(new_series_limit, p.series), coalesce(new_ignored_labels, '{}')
    from public.plan p where p.name = new_plan
    on conflict (name) do nothing
    returning t.name, t.status, t.plan, t.series_limit, t.series_count, t.ignored_labels, t.created_at;
$function$
;
CREATE OR REPLACE FUNCTION public.add_usage(counted jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  today constant date := (now() at time zone 'UTC')::date;
begin
  delete from public.usage_day u
    using jsonb_to_recordset(counted) as c (tenant_id int)
    where u.tenant_id = c.tenant_id and u.day < today - 400;
  insert into public.usage_day as u (tenant_id, day, requests, requests_refused, points_refused, series_refused,
      points_accepted, points_rejected, bytes_in, bytes_out)
    select t.id, today, c.requests, c.requests_refused, c.points_refused, c.series_refused,
      c.points_accepted, c.points_rejected, c.bytes_in, c.bytes_out
    from jsonb_to_recordset(counted) as c (tenant_id int, requests bigint, requests_refused bigint, points_refused bigint,
        series_refused bigint, points_accepted bigint, points_rejected bigint, bytes_in bigint, bytes_out bigint)
      join public.tenant t on t.id = c.tenant_id
    -- In one order everywhere, so that two instances never wait for each other.
    order by t.id
    on conflict (tenant_id, day) do update set
      requests = u.requests + excluded.requests,
      requests_refused = u.requests_refused + excluded.requests_refused,
      points_refused = u.points_refused + excluded.points_refused,
      series_refused = u.series_refused + excluded.series_refused,
      points_accepted = u.points_accepted + excluded.points_accepted,
      points_rejected = u.points_rejected + excluded.points_rejected,
      bytes_in = u.bytes_in + excluded.bytes_in,
      bytes_out = u.bytes_out + excluded.bytes_out;
end
$function$
;
CREATE OR REPLACE FUNCTION public.alert_work()
 RETURNS TABLE(tenant_id integer, waited_s double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select r.tenant_id, max(extract(epoch from clock_timestamp() - greatest(s.evaluated_at, r.updated_at)))::float8
  from public.alert_rule r
  join public.tenant t on t.id = r.tenant_id and t.status = 'active'
  left join public.alert_state s on s.tenant_id = r.tenant_id and s.rule_id = r.id and s.group_key = ''
  where r.enabled or exists (
    select from public.alert_state o where o.tenant_id = r.tenant_id and o.rule_id = r.id and o.event_id is not null)
  group by 1 order by 2 desc, 1
$function$
;
CREATE OR REPLACE FUNCTION public.asks_former_table(former text, reads text, looks text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  raise exception '% is no table any more: ask the function %, or look at %', former, reads, looks using errcode = 'undefined_table';
end
$function$
;
CREATE OR REPLACE FUNCTION public.audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  was jsonb;
  becomes jsonb;
  whole jsonb;
  verb text := case tg_op when 'INSERT' then 'create' when 'UPDATE' then 'update' else 'delete' end;
  named text;
  hidden text;
begin
  if tg_op <> 'INSERT' then
    was := to_jsonb(old);
  end if;
  if tg_op <> 'DELETE' then
    becomes := to_jsonb(new);
  end if;
  whole := coalesce(becomes, was);
  if strpos(tg_argv[1], ',') = 0 then
    named := whole ->> tg_argv[1];
  else
    select string_agg(whole ->> name, '/' order by place) into named
      from unnest(string_to_array(tg_argv[1], ',')) with ordinality part (name, place);
  end if;
  if tg_op = 'UPDATE' then
    if tg_argv[4] <> '' then
      select split_part(pair, ':', 1) into verb from unnest(string_to_array(tg_argv[4], ',')) pair
        where was -> split_part(pair, ':', 2) = 'null' and becomes -> split_part(pair, ':', 2) <> 'null' limit 1;
      verb := coalesce(verb, 'update');
    end if;
    -- Only what has changed.
    select jsonb_object_agg(key, value), jsonb_object_agg(key, becomes -> key) into was, becomes
      from jsonb_each(was - array['updated_at', 'updated_by']) where value is distinct from becomes -> key;
  end if;
  was := was - 'tenant_id' - string_to_array(tg_argv[2], ',');
  becomes := becomes - 'tenant_id' - string_to_array(tg_argv[2], ',');
  if tg_argv[3] <> '' then
    foreach hidden in array string_to_array(tg_argv[3], ',') loop
      if was -> hidden <> 'null' then was := jsonb_set(was, array[hidden], '"(withheld)"'); end if;
      if becomes -> hidden <> 'null' then becomes := jsonb_set(becomes, array[hidden], '"(withheld)"'); end if;
    end loop;
  end if;
  insert into public.audit_entry (tenant_id, action, object_type, object_id, before, after)
    values (case tg_table_name when 'tenant' then (whole ->> 'id')::int else (whole ->> 'tenant_id')::int end,
      tg_argv[0] || '.' || verb, tg_argv[0], left(named, 500), public.audit_fitting(was), public.audit_fitting(becomes));
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION public.audit_fitting(given jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  shorter jsonb := given;
begin
  if octet_length(given::text) <= 4096 then
    return given;
  end if;
  select jsonb_object_agg(key, case when octet_length(value::text) > 200 then to_jsonb(left(value::text, 50) || '…') else value end)
    into shorter from jsonb_each(given);
  if octet_length(shorter::text) <= 4096 then
    return shorter;
  end if;
  return jsonb_build_object('omitted', (select count(*) from jsonb_each(given)));
end
$function$
;
CREATE OR REPLACE FUNCTION public.authenticate_api_key(key_id text, key_sha256 bytea)
 RETURNS TABLE(tenant_id integer, tenant_name text, tenant_status text, series_limit integer, ignored_labels text[], scopes text[], expires_at timestamp with time zone, revoked_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  -- Last use, to the minute, and in a statement of its own: never inside the transaction of a write.
  update public.api_key k set last_used_at = now()
    where k.id = key_id and k.secret_sha256 = key_sha256 and k.revoked_at is null
      and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  return query
    select k.tenant_id, t.name, t.status, t.series_limit, t.ignored_labels, k.scopes, k.expires_at, k.revoked_at
    from public.api_key k left join public.tenant t on t.id = k.tenant_id
    where k.id = key_id and k.secret_sha256 = key_sha256;
end
$function$
;
CREATE OR REPLACE FUNCTION public.change_tenant(old_name text, new_status text, new_plan text, new_series_limit integer, new_ignored_labels text[])
 RETURNS TABLE(name text, status text, plan text, series_limit integer, series_count integer, ignored_labels text[], created_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  update public.tenant t set
    status = coalesce(new_status, t.status),
    plan = coalesce(new_plan, t.plan),
    series_limit = coalesce(new_series_limit,
      (select p.series from public.plan p where p.name = new_plan and new_plan <> t.plan), t.series_limit),
    ignored_labels = coalesce(new_ignored_labels, t.ignored_labels)
  where t.name = old_name
  returning t.name, t.status, t.plan, t.series_limit, t.series_count, t.ignored_labels, t.created_at;
$function$
;
CREATE OR REPLACE FUNCTION public.close_carbon_alert()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
begin
  if new.status = 'OPEN' then
    new.closed_at := null;
    new.resolution := null;
  elsif new.closed_at is null then
    new.closed_at := clock_timestamp();
    new.resolution := coalesce(new.resolution, 'manual');
  end if;
  return new;
end
$function$
;
CREATE OR REPLACE FUNCTION public.count_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  bytes_of text := case tg_table_name
    when 'dead_letter' then 'octet_length(payload)' when 'idempotency_key' then 'octet_length(verdicts::text)' else '0' end;
  added record;
  used record;
  allowed record;
begin
  for added in execute format(
    'select tenant_id, count(*) as row_count, sum(%s)::bigint as byte_count from changed where tenant_id is not null group by 1 order by 1',
    bytes_of)
  loop
    insert into public.tenant_usage as u (tenant_id, kind, part, row_count, byte_count)
      values (added.tenant_id, tg_table_name, pg_backend_pid() % 8,
        case tg_op when 'DELETE' then -added.row_count else added.row_count end,
        case tg_op when 'DELETE' then -added.byte_count else added.byte_count end)
      on conflict (tenant_id, kind, part)
      do update set row_count = u.row_count + excluded.row_count, byte_count = u.byte_count + excluded.byte_count;
    continue when tg_op = 'DELETE';
    select sum(row_count) as row_count, sum(byte_count) as byte_count into used from public.tenant_usage
      where tenant_id = added.tenant_id and kind = tg_table_name;
    select max_rows, max_bytes into allowed from (
      select 0 as place, max_rows, max_bytes from public.tenant_quota where tenant_id = added.tenant_id and kind = tg_table_name
      union all select 1, nullif(tg_argv[0], '')::bigint, nullif(tg_argv[1], '')::bigint order by place limit 1) q;
    if used.row_count > allowed.max_rows then
      raise exception '% rows in %', allowed.max_rows, tg_table_name using errcode = 'PQ001';
    end if;
    if used.byte_count > allowed.max_bytes then
      raise exception '% bytes in %', allowed.max_bytes, tg_table_name using errcode = 'PQ001';
    end if;
  end loop;
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION public.failed_notifications()
 RETURNS TABLE(notifications bigint, tenants bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select count(*), count(distinct n.tenant_id) from public.notification n
  where n.state = 'failed' and n.kind <> 'test' and n.created_at > clock_timestamp() - interval '48 hours'
$function$
;
CREATE OR REPLACE FUNCTION public.find_tenant(tenant_name text)
 RETURNS TABLE(id integer, name text, status text, series_limit integer, ignored_labels text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select t.id, t.name, t.status, t.series_limit, t.ignored_labels from public.tenant t where t.name = tenant_name;
$function$
;
CREATE OR REPLACE FUNCTION public.find_tenant_and_plan(tenant_name text)
 RETURNS TABLE(id integer, name text, status text, series_limit integer, ignored_labels text[], plan text, requests_per_hour integer, points_per_minute integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select t.id, t.name, t.status, t.series_limit, t.ignored_labels, p.name, p.requests_per_hour, p.points_per_minute
  from public.tenant t join public.plan p on p.name = t.plan where t.name = tenant_name;
$function$
;
CREATE OR REPLACE FUNCTION public.identify_api_key(key_id text, key_sha256 bytea)
 RETURNS TABLE(tenant_id integer, tenant_name text, tenant_status text, series_limit integer, ignored_labels text[], plan text, requests_per_hour integer, points_per_minute integer, scopes text[], expires_at timestamp with time zone, revoked_at timestamp with time zone, user_id uuid, user_subject text, user_role text, user_status text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  -- Last use, to the minute, and in a statement of its own: never inside the transaction of a write.
  update public.api_key k set last_used_at = now()
    where k.id = key_id and k.secret_sha256 = identify_api_key.key_sha256 and k.revoked_at is null
      and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  return query
    select k.tenant_id, t.name, t.status, t.series_limit, t.ignored_labels, p.name, p.requests_per_hour, p.points_per_minute,
      k.scopes, k.expires_at, k.revoked_at, u.id, u.subject, u.role, u.status
    from public.api_key k
      left join public.tenant t on t.id = k.tenant_id
      left join public.plan p on p.name = t.plan
      left join public.app_user u on u.tenant_id = k.tenant_id and u.id = k.user_id
    where k.id = key_id and k.secret_sha256 = identify_api_key.key_sha256;
end
$function$
;
CREATE OR REPLACE FUNCTION public.identify_user(tenant_name text, user_subject text)
 RETURNS TABLE(tenant_id integer, tenant_status text, series_limit integer, ignored_labels text[], plan text, requests_per_hour integer, points_per_minute integer, user_id uuid, user_role text, user_status text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  update public.app_user u set last_login_at = now(), status = case u.status when 'invited' then 'active' else u.status end
    from public.tenant t
    where t.name = tenant_name and u.tenant_id = t.id and u.subject = user_subject and u.status <> 'suspended'
      and (u.status = 'invited' or u.last_login_at is null or u.last_login_at < now() - interval '1 minute');
  return query
    select t.id, t.status, t.series_limit, t.ignored_labels, p.name, p.requests_per_hour, p.points_per_minute, u.id, u.role, u.status
    from public.tenant t
      join public.plan p on p.name = t.plan
      left join public.app_user u on u.tenant_id = t.id and u.subject = user_subject
    where t.name = tenant_name;
end
$function$
;
CREATE OR REPLACE FUNCTION public.keep_backfill_job()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  if old.status in ('completed', 'failed') and new is distinct from old then
    raise exception 'backfill job % is %, for good', old.id, old.status using errcode = 'check_violation';
  end if;
  if (new.tenant_id, new.id, new.job_type, new.start_block, new.end_block, new.started_at, new.created_by)
    is distinct from (old.tenant_id, old.id, old.job_type, old.start_block, old.end_block, old.started_at, old.created_by)
  then
    raise exception 'what backfill job % is does not change', old.id using errcode = 'check_violation';
  end if;
  if new.current_block < old.current_block or new.fencing_token < old.fencing_token
    or new.next_block is null and old.next_block is not null or new.next_block < old.next_block
  then
    raise exception 'backfill job % does not go backwards', old.id using errcode = 'check_violation';
  end if;
  new.version := old.version;
  if (new.current_block, new.status, new.progress_percentage, new.estimated_completion, new.error_message, new.completed_at)
    is distinct from
    (old.current_block, old.status, old.progress_percentage, old.estimated_completion, old.error_message, old.completed_at)
  then
    new.version := old.version + 1;
  end if;
  return new;
end
$function$
;
CREATE OR REPLACE FUNCTION public.keep_backfill_lease()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  if old.state = 'done' and new is distinct from old then
    raise exception 'blocks % to % are done, for good', old.start_block, old.end_block using errcode = 'check_violation';
  end if;
  if (new.tenant_id, new.job_id, new.start_block) is distinct from (old.tenant_id, old.job_id, old.start_block)
    or new.end_block > old.end_block
  then
    raise exception 'a range only becomes shorter' using errcode = 'check_violation';
  end if;
  if new.fencing_token < old.fencing_token
    or new.fencing_token = old.fencing_token and new.lease_id is distinct from old.lease_id
  then
    raise exception 'a new lease has a higher fencing token' using errcode = 'check_violation';
  end if;
  return new;
end
$function$
;
CREATE OR REPLACE FUNCTION public.keep_five_keys()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  perform from public.app_user u where u.tenant_id = new.tenant_id and u.id = new.user_id for no key update;
  if exists (select from public.api_key k
      where k.tenant_id = new.tenant_id and k.user_id = new.user_id
        and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())
      having count(*) filter (where k.rotated_at is null) >= 5 or count(*) filter (where k.rotated_at is not null) > 5) then
    raise exception 'five keys' using errcode = 'PQ003';
  end if;
  return new;
end
$function$
;
CREATE OR REPLACE FUNCTION public.keep_last_admin()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  if old.role <> 'admin' or old.status <> 'active' then
    return case tg_op when 'DELETE' then old else new end;
  end if;
  if tg_op = 'UPDATE' and new.role = 'admin' and new.status = 'active' then
    return new;
  end if;
  if pg_has_role(current_user, (select relowner from pg_class where oid = tg_relid), 'usage') then
    return case tg_op when 'DELETE' then old else new end;
  end if;
  perform pg_advisory_xact_lock(7301083, old.tenant_id);
  if not exists (select from public.app_user u
      where u.tenant_id = old.tenant_id and u.id <> old.id and u.role = 'admin' and u.status = 'active') then
    raise exception 'the last active admin' using errcode = 'PQ002';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end
$function$
;
CREATE OR REPLACE FUNCTION public.list_tenants(after_name text, wanted integer)
 RETURNS TABLE(name text, status text, plan text, series_limit integer, series_count integer, ignored_labels text[], created_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select t.name, t.status, t.plan, t.series_limit, t.series_count, t.ignored_labels, t.created_at
  from public.tenant t where t.name > after_name order by t.name limit least(wanted, 1001);
$function$
;
CREATE OR REPLACE FUNCTION public.metric_hours(series integer, first_at timestamp with time zone, last_at timestamp with time zone)
 RETURNS TABLE(bucket timestamp with time zone, count bigint, sum double precision, min double precision, max double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER COST 1000 ROWS 100
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 WITH bounds AS MATERIALIZED (
          SELECT date_bin('01:00:00'::interval, metric_hours.first_at, '2000-01-01 00:00:00+00'::timestamp with time zone) AS first_hour,
             (date_bin('01:00:00'::interval, metric_hours.last_at, '2000-01-01 00:00:00+00'::timestamp with time zone) + '01:00:00'::interval) AS behind,
             ( SELECT COALESCE(max(metric_expiry.before), '-infinity'::timestamp with time zone) AS "coalesce"
                    FROM metric_expiry) AS expired
         ), one AS MATERIALIZED (
          SELECT metric_series.tenant_id,
             metric_series.id,
             metric_series.block
            FROM metric_series
           WHERE (metric_series.id = metric_hours.series)
         ), touched AS MATERIALIZED (
          SELECT DISTINCT date_bin('01:00:00'::interval, p.ts, '2000-01-01 00:00:00+00'::timestamp with time zone) AS hour
            FROM bounds,
             (((one
              CROSS JOIN LATERAL ( VALUES (one.block), ('-1'::integer)) b(block))
              JOIN metric_log l ON (((l.tenant_id = one.tenant_id) AND (l.block = b.block) AND (l.last_ts >= date_bin('01:00:00'::interval, metric_hours.first_at, '2000-01-01 00:00:00+00'::timestamp with time zone)) AND (l.last_ts < (date_trunc('day'::text, metric_hours.last_at, 'UTC'::text) + '1 day'::interval)))))
              CROSS JOIN LATERAL unnest(l.ts[(width_bucket((metric_hours.series - 1), l.series) + 1):width_bucket(metric_hours.series, l.series)]) p(ts))
           WHERE ((p.ts >= bounds.first_hour) AND (p.ts < bounds.behind) AND (p.ts >= bounds.expired))
         )
  SELECT h.bucket,
     (h.count)::bigint AS count,
     h.sum,
     h.min,
     h.max
    FROM metric_hour h
   WHERE ((h.series_id = metric_hours.series) AND (h.bucket >= ( SELECT bounds.first_hour
            FROM bounds)) AND (h.bucket < ( SELECT bounds.behind
            FROM bounds)) AND (NOT (EXISTS ( SELECT
            FROM touched t
           WHERE (t.hour = h.bucket)))))
 UNION ALL
  SELECT p.hour,
     (1)::bigint AS int8,
     p.value,
     p.value,
     p.value
    FROM ((bounds
      CROSS JOIN metric_chunk c)
      CROSS JOIN LATERAL ( SELECT date_bin('01:00:00'::interval, (c.first_ts + (((sum(g.gap) OVER (ORDER BY g.i) * (c.unit)::numeric))::double precision * '00:00:00.000001'::interval)), '2000-01-01 00:00:00+00'::timestamp with time zone) AS hour,
             g.value
            FROM UNNEST(COALESCE((c.gap)::bigint[], c.gap8), c.value) WITH ORDINALITY g(gap, value, i)) p)
   WHERE ((c.series_id = metric_hours.series) AND c.lone AND (c.last_ts >= date_bin('01:00:00'::interval, metric_hours.first_at, '2000-01-01 00:00:00+00'::timestamp with time zone)) AND (c.last_ts < (date_trunc('month'::text, metric_hours.last_at, 'UTC'::text) + '1 mon'::interval)) AND (p.hour >= bounds.first_hour) AND (p.hour < bounds.behind) AND (p.hour >= bounds.expired) AND (NOT (EXISTS ( SELECT
            FROM metric_hour h
           WHERE ((h.series_id = metric_hours.series) AND (h.bucket = p.hour))))) AND (NOT (EXISTS ( SELECT
            FROM touched t
           WHERE (t.hour = p.hour)))))
 UNION ALL
  SELECT t.hour,
     points.count,
     points.sum,
     points.min,
     points.max
    FROM (touched t
      CROSS JOIN LATERAL ( SELECT count(*) AS count,
             sum(p.value ORDER BY p.ts) AS sum,
             min(p.value) AS min,
             max(p.value) AS max
            FROM metric_points(metric_hours.series, t.hour, ((t.hour + '01:00:00'::interval) - '00:00:00.000001'::interval)) p(ts, value)
          HAVING (count(*) > 0)) points);
END
;
CREATE OR REPLACE FUNCTION public.metric_points(series integer, first_at timestamp with time zone, last_at timestamp with time zone)
 RETURNS TABLE(ts timestamp with time zone, value double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER COST 1000
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
BEGIN ATOMIC
 WITH expiry AS MATERIALIZED (
          SELECT COALESCE(max(metric_expiry.before), '-infinity'::timestamp with time zone) AS before
            FROM metric_expiry
         ), one AS MATERIALIZED (
          SELECT metric_series.tenant_id,
             metric_series.id,
             metric_series.block
            FROM metric_series
           WHERE (metric_series.id = metric_points.series)
         ), stored AS (
          SELECT p.ts,
             p.value,
             l.era,
             l.xid
            FROM ((((one
              CROSS JOIN LATERAL ( VALUES (one.block), ('-1'::integer)) b(block))
              JOIN metric_log l ON (((l.tenant_id = one.tenant_id) AND (l.block = b.block) AND (l.last_ts >= metric_points.first_at) AND (l.last_ts < (date_trunc('day'::text, metric_points.last_at, 'UTC'::text) + '1 day'::interval)) AND (l.first_ts <= metric_points.last_at))))
              CROSS JOIN LATERAL ( SELECT width_bucket((metric_points.series - 1), l.series) AS below,
                     width_bucket(metric_points.series, l.series) AS upto) w)
              CROSS JOIN LATERAL UNNEST(l.ts[(w.below + 1):w.upto], l.value[(w.below + 1):w.upto]) p(ts, value))
           WHERE ((w.upto > w.below) AND (p.ts >= metric_points.first_at) AND (p.ts <= metric_points.last_at) AND (p.ts >= ( SELECT expiry.before
                    FROM expiry)))
         UNION ALL
          SELECT p.ts,
             p.value,
             ('-1'::integer)::smallint AS int2,
             '0'::xid8 AS xid8
            FROM (( SELECT metric_chunk.first_ts,
                     metric_chunk.unit,
                     metric_chunk.gap,
                     metric_chunk.gap8,
                     metric_chunk.value
                    FROM metric_chunk
                   WHERE ((ROW(metric_chunk.series_id, metric_chunk.last_ts) >= ROW(metric_points.series, metric_points.first_at)) AND (ROW(metric_chunk.series_id, metric_chunk.last_ts) <= ROW(metric_points.series, metric_points.last_at)) AND (metric_chunk.last_ts >= metric_points.first_at) AND (metric_chunk.last_ts <= metric_points.last_at))
                 UNION ALL
                  SELECT later.first_ts,
                     later.unit,
                     later.gap,
                     later.gap8,
                     later.value
                    FROM ( SELECT metric_chunk.first_ts,
                             metric_chunk.unit,
                             metric_chunk.gap,
                             metric_chunk.gap8,
                             metric_chunk.value
                            FROM metric_chunk
                           WHERE ((ROW(metric_chunk.series_id, metric_chunk.last_ts) > ROW(metric_points.series, metric_points.last_at)) AND (metric_chunk.last_ts > metric_points.last_at) AND (metric_chunk.last_ts < (date_trunc('month'::text, metric_points.last_at, 'UTC'::text) + '1 mon'::interval)) AND (metric_chunk.series_id = metric_points.series))
                           ORDER BY metric_chunk.series_id, metric_chunk.last_ts
                          LIMIT 1) later
                   WHERE (later.first_ts <= metric_points.last_at)) c
              CROSS JOIN LATERAL ( SELECT (c.first_ts + (((sum(g.gap) OVER (ORDER BY g.i) * (c.unit)::numeric))::double precision * '00:00:00.000001'::interval)) AS ts,
                     g.value
                    FROM UNNEST(COALESCE((c.gap)::bigint[], c.gap8), c.value) WITH ORDINALITY g(gap, value, i)) p)
           WHERE ((p.ts >= metric_points.first_at) AND (p.ts <= metric_points.last_at) AND (p.ts >= ( SELECT expiry.before
                    FROM expiry)))
         )
  SELECT DISTINCT ON (s.ts) s.ts,
     s.value
    FROM stored s
   ORDER BY s.ts, s.era DESC, s.xid DESC;
END
;
CREATE OR REPLACE FUNCTION public.move_insight_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  insert into public.insight_version (tenant_id, insight_id, version)
    values (coalesce(new.tenant_id, old.tenant_id), coalesce(new.insight_id, old.insight_id), extract(epoch from clock_timestamp()) * 1000000)
    on conflict (tenant_id, insight_id)
    do update set version = greatest(insight_version.version + 1, extract(epoch from clock_timestamp()) * 1000000);
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION public.notification_work()
 RETURNS TABLE(tenant_id integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select n.tenant_id from public.notification n
  join public.tenant t on t.id = n.tenant_id and t.status = 'active'
  where n.state in ('pending', 'leased') and n.next_attempt_at <= clock_timestamp()
  group by 1 order by min(n.next_attempt_at), 1
$function$
;
CREATE OR REPLACE FUNCTION public.reader_tenant()
 RETURNS integer
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT (COALESCE("substring"((SESSION_USER)::text, '^penstock_reader_([0-9]{1,9})$'::text), ( SELECT min("substring"((r.rolname)::text, '^penstock_reader_([0-9]{1,9})$'::text)) AS min
            FROM ((pg_auth_members m
              JOIN pg_roles u ON (((u.oid = m.member) AND (u.rolname = SESSION_USER) AND (NOT u.rolcreaterole) AND (NOT u.rolsuper))))
              JOIN pg_roles r ON (((r.oid = m.roleid) AND (r.rolname ~ '^penstock_reader_[0-9]{1,9}$'::text))))
          HAVING (count(*) = 1))))::integer AS "coalesce";
END
;
CREATE OR REPLACE FUNCTION public.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op) using errcode = 'insufficient_privilege';
end
$function$
;
CREATE OR REPLACE FUNCTION public.restore_roles(others text[])
 RETURNS TABLE(role text, changed text[], sessions integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  login record;
  elsewhere text;
  setting text;
begin
  if not pg_try_advisory_xact_lock(7301000) then
    return;
  end if;
  for login in
    select b.role as name, r.oid, b.settings, b.verifier,
      exists (
        select from pg_db_role_setting s where s.setrole = r.oid
          and (s.setdatabase <> 0 or not (s.setconfig <@ b.settings and b.settings <@ s.setconfig))
      ) or (cardinality(b.settings) > 0 and not exists (
        select from pg_db_role_setting s where s.setrole = r.oid and s.setdatabase = 0
      )) as has_other_settings
    from public.role_baseline b join pg_roles r on r.rolname = b.role order by b.role
  loop
    changed := '{}';
    if login.has_other_settings then
      changed := array['settings'];
      for elsewhere in
        select d.datname from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where s.setrole = login.oid
      loop
        execute format('alter role %I in database %I reset all', login.name, elsewhere);
      end loop;
      execute format('alter role %I reset all', login.name);
      foreach setting in array login.settings loop
        execute format('alter role %I set %I to %L', login.name, split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1));
      end loop;
    end if;
    if login.verifier is not null then
      execute format('alter role %I password %L', login.name, login.verifier);
      if login.name = any (others) then
        changed := changed || 'password'::text;
      end if;
    end if;
    if changed <> '{}' then
      -- Whose sessions one may end, one has to be a member of.
      execute format('grant %I to %I', login.name, current_user);
      select count(*) filter (where pg_terminate_backend(a.pid)) into sessions
        from pg_stat_activity a where a.usename = login.name and a.pid <> pg_backend_pid();
      execute format('revoke %I from %I', login.name, current_user);
      role := login.name;
      return next;
    end if;
  end loop;
end
$function$
;
CREATE OR REPLACE FUNCTION public.role_salts()
 RETURNS TABLE(role text, salt text, iterations integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select b.role, split_part(split_part(b.verifier, '$', 2), ':', 2), split_part(split_part(b.verifier, '$', 2), ':', 1)::int
  from public.role_baseline b join pg_roles r on r.rolname = b.role
  where b.verifier is not null order by b.role
$function$
;
CREATE OR REPLACE FUNCTION public.stamp_row()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
declare
  actor constant text := coalesce(nullif(current_setting('app.actor', true), ''), session_user::text);
  fixed constant text[] := array['tenant_id', 'owner', 'id', 'created_at', 'created_by'];
  changed text;
begin
  if tg_op = 'INSERT' then
    new.created_at := clock_timestamp();
    new.created_by := actor;
    new.updated_at := new.created_at;
    new.version := 1;
  else
    -- A table without an owner has none before and after.
    select field into changed from unnest(fixed) field
      where to_jsonb(old) -> field is distinct from to_jsonb(new) -> field limit 1;
    if changed is not null then
      raise exception '% of % never changes', changed, tg_table_name using errcode = 'check_violation', column = changed;
    end if;
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    new.version := old.version + 1;
  end if;
  new.updated_by := actor;
  return new;
end
$function$
;
CREATE OR REPLACE FUNCTION public.unsealed_entries()
 RETURNS TABLE(entries bigint, since timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select count(*), min(w.at) from (
    select e.at from public.audit_entry e
    where (e.era, e.xid) >= (
      coalesce((select s.era from public.audit_seal s order by s.id desc limit 1), 0::smallint),
      coalesce((select s.to_xid from public.audit_seal s order by s.id desc limit 1), '0'::xid8))
    order by e.era, e.xid limit 10000
  ) w
$function$
;
CREATE TRIGGER audit_update AFTER UPDATE ON public.alert_event FOR EACH ROW WHEN ((old.resolved_by IS DISTINCT FROM new.resolved_by)) EXECUTE FUNCTION audit_change('alert_event', 'id', '', 'comment', 'resolve:resolved_by');
CREATE TRIGGER count_added AFTER INSERT ON public.alert_event REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('1000000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.alert_event REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER audit_delete AFTER DELETE ON public.alert_rule FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('alert_rule', 'id', '', '', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.alert_rule FOR EACH ROW EXECUTE FUNCTION audit_change('alert_rule', 'id', '', '', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.alert_rule FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.name IS DISTINCT FROM new.name) OR (old.service_name IS DISTINCT FROM new.service_name) OR (old.metric_type IS DISTINCT FROM new.metric_type) OR (old.threshold_type IS DISTINCT FROM new.threshold_type) OR (old.threshold_value IS DISTINCT FROM new.threshold_value) OR (old.comparison_operator IS DISTINCT FROM new.comparison_operator) OR (old.severity IS DISTINCT FROM new.severity) OR (old.evaluation_window_seconds IS DISTINCT FROM new.evaluation_window_seconds) OR (old.notification_channels IS DISTINCT FROM new.notification_channels) OR (old.channel_ids IS DISTINCT FROM new.channel_ids) OR (old.suppression_enabled IS DISTINCT FROM new.suppression_enabled) OR (old.suppression_start IS DISTINCT FROM new.suppression_start) OR (old.suppression_end IS DISTINCT FROM new.suppression_end) OR (old.enabled IS DISTINCT FROM new.enabled) OR (old.aggregate IS DISTINCT FROM new.aggregate) OR (old.unit IS DISTINCT FROM new.unit) OR (old.labels IS DISTINCT FROM new.labels) OR (old.group_by IS DISTINCT FROM new.group_by) OR (old.for_seconds IS DISTINCT FROM new.for_seconds) OR (old.recover_seconds IS DISTINCT FROM new.recover_seconds) OR (old.recover_value IS DISTINCT FROM new.recover_value) OR (old.no_data IS DISTINCT FROM new.no_data) OR (old.repeat_seconds IS DISTINCT FROM new.repeat_seconds) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION audit_change('alert_rule', 'id', '', '', '');
CREATE TRIGGER count_added AFTER INSERT ON public.alert_rule REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('2000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.alert_rule REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER audit_delete AFTER DELETE ON public.api_key FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('api_key', 'public_id', 'secret_sha256,whole_sha256', '', 'revoke:revoked_at,rotate:rotated_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.api_key FOR EACH ROW EXECUTE FUNCTION audit_change('api_key', 'public_id', 'secret_sha256,whole_sha256', '', 'revoke:revoked_at,rotate:rotated_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.api_key FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.secret_sha256 IS DISTINCT FROM new.secret_sha256) OR (old.scopes IS DISTINCT FROM new.scopes) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.expires_at IS DISTINCT FROM new.expires_at) OR (old.revoked_at IS DISTINCT FROM new.revoked_at) OR (old.checksum_key IS DISTINCT FROM new.checksum_key) OR (old.public_id IS DISTINCT FROM new.public_id) OR (old.name IS DISTINCT FROM new.name) OR (old.user_id IS DISTINCT FROM new.user_id) OR (old.whole_sha256 IS DISTINCT FROM new.whole_sha256) OR (old.rotated_at IS DISTINCT FROM new.rotated_at))) EXECUTE FUNCTION audit_change('api_key', 'public_id', 'secret_sha256,whole_sha256', '', 'revoke:revoked_at,rotate:rotated_at');
CREATE TRIGGER count_added AFTER INSERT ON public.api_key REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('10000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.api_key REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER keep_five_keys BEFORE INSERT ON public.api_key FOR EACH ROW WHEN ((new.user_id IS NOT NULL)) EXECUTE FUNCTION keep_five_keys();
CREATE TRIGGER audit_delete AFTER DELETE ON public.app_user FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('user', 'id', '', 'email,display_name', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.app_user FOR EACH ROW EXECUTE FUNCTION audit_change('user', 'id', '', 'email,display_name', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.app_user FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.subject IS DISTINCT FROM new.subject) OR (old.email IS DISTINCT FROM new.email) OR (old.display_name IS DISTINCT FROM new.display_name) OR (old.role IS DISTINCT FROM new.role) OR (old.status IS DISTINCT FROM new.status) OR (old.subscription_tier IS DISTINCT FROM new.subscription_tier) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION audit_change('user', 'id', '', 'email,display_name', '');
CREATE TRIGGER count_added AFTER INSERT ON public.app_user REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('10000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.app_user REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER keep_last_admin BEFORE DELETE OR UPDATE OF role, status ON public.app_user FOR EACH ROW EXECUTE FUNCTION keep_last_admin();
CREATE TRIGGER audit_delete AFTER DELETE ON public.archive_hold FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('archive_hold', 'id', '', '', 'release:released_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.archive_hold FOR EACH ROW EXECUTE FUNCTION audit_change('archive_hold', 'id', '', '', 'release:released_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.archive_hold FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.dataset IS DISTINCT FROM new.dataset) OR (old.from_ts IS DISTINCT FROM new.from_ts) OR (old.to_ts IS DISTINCT FROM new.to_ts) OR (old.reason IS DISTINCT FROM new.reason) OR (old.placed_by IS DISTINCT FROM new.placed_by) OR (old.placed_at IS DISTINCT FROM new.placed_at) OR (old.released_by IS DISTINCT FROM new.released_by) OR (old.released_at IS DISTINCT FROM new.released_at))) EXECUTE FUNCTION audit_change('archive_hold', 'id', '', '', 'release:released_at');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER refuse_update BEFORE UPDATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.audit_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER refuse_update BEFORE UPDATE ON public.audit_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.audit_seal_part FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER refuse_update BEFORE UPDATE ON public.audit_seal_part FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_delete AFTER DELETE ON public.backfill_job FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('backfill_job', 'id', '', '', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.backfill_job FOR EACH ROW EXECUTE FUNCTION audit_change('backfill_job', 'id', '', '', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.backfill_job FOR EACH ROW WHEN (((old.job_type IS DISTINCT FROM new.job_type) OR (old.start_block IS DISTINCT FROM new.start_block) OR (old.end_block IS DISTINCT FROM new.end_block) OR (old.status IS DISTINCT FROM new.status))) EXECUTE FUNCTION audit_change('backfill_job', 'id', '', '', '');
CREATE TRIGGER count_added AFTER INSERT ON public.backfill_job REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('100000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.backfill_job REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER keep_backfill_job BEFORE UPDATE ON public.backfill_job FOR EACH ROW EXECUTE FUNCTION keep_backfill_job();
CREATE TRIGGER count_added AFTER INSERT ON public.backfill_lease REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('2000000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.backfill_lease REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER keep_backfill_lease BEFORE UPDATE ON public.backfill_lease FOR EACH ROW EXECUTE FUNCTION keep_backfill_lease();
CREATE TRIGGER audit_delete AFTER DELETE ON public.carbon_alert FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('carbon_alert', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.carbon_alert FOR EACH ROW EXECUTE FUNCTION audit_change('carbon_alert', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.carbon_alert FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.camera_id IS DISTINCT FROM new.camera_id) OR (old.heading IS DISTINCT FROM new.heading) OR (old.sub_heading IS DISTINCT FROM new.sub_heading) OR (old.status IS DISTINCT FROM new.status) OR (old.closed_at IS DISTINCT FROM new.closed_at) OR (old.resolution IS DISTINCT FROM new.resolution) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('carbon_alert', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER close BEFORE INSERT OR UPDATE ON public.carbon_alert FOR EACH ROW EXECUTE FUNCTION close_carbon_alert();
CREATE TRIGGER count_added AFTER INSERT ON public.carbon_alert REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('1000000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.carbon_alert REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.carbon_alert FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.carbon_camera FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('carbon_camera', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.carbon_camera FOR EACH ROW EXECUTE FUNCTION audit_change('carbon_camera', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.carbon_camera FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.zone_id IS DISTINCT FROM new.zone_id) OR (old.name IS DISTINCT FROM new.name) OR (old.is_active IS DISTINCT FROM new.is_active) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('carbon_camera', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.carbon_camera REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('20000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.carbon_camera REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.carbon_camera FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.carbon_notification FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('carbon_notification', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.carbon_notification FOR EACH ROW EXECUTE FUNCTION audit_change('carbon_notification', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.carbon_notification FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.title IS DISTINCT FROM new.title) OR (old.message IS DISTINCT FROM new.message) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('carbon_notification', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.carbon_notification REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('100000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.carbon_notification REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.carbon_notification FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.carbon_organization FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('carbon_organization', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.carbon_organization FOR EACH ROW EXECUTE FUNCTION audit_change('carbon_organization', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.carbon_organization FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.name IS DISTINCT FROM new.name) OR (old.org_type IS DISTINCT FROM new.org_type) OR (old.total_capacity IS DISTINCT FROM new.total_capacity) OR (old.latitude IS DISTINCT FROM new.latitude) OR (old.longitude IS DISTINCT FROM new.longitude) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('carbon_organization', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.carbon_organization REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('10000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.carbon_organization REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.carbon_organization FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.carbon_zone FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('carbon_zone', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.carbon_zone FOR EACH ROW EXECUTE FUNCTION audit_change('carbon_zone', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.carbon_zone FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.organization_id IS DISTINCT FROM new.organization_id) OR (old.name IS DISTINCT FROM new.name) OR (old.zone_type IS DISTINCT FROM new.zone_type) OR (old.capacity IS DISTINCT FROM new.capacity) OR (old.latitude IS DISTINCT FROM new.latitude) OR (old.longitude IS DISTINCT FROM new.longitude) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('carbon_zone', 'id', '', '', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.carbon_zone REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('10000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.carbon_zone REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.carbon_zone FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER count_added AFTER INSERT ON public.dead_letter REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('100000', '268435456');
CREATE TRIGGER count_removed AFTER DELETE ON public.dead_letter REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER count_added AFTER INSERT ON public.idempotency_key REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('10000000', '2147483648');
CREATE TRIGGER count_removed AFTER DELETE ON public.idempotency_key REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER audit_delete AFTER DELETE ON public.insight_feedback FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('insight_feedback', 'insight_id,user_id', '', 'comment,flag_reason', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.insight_feedback FOR EACH ROW EXECUTE FUNCTION audit_change('insight_feedback', 'insight_id,user_id', '', 'comment,flag_reason', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.insight_feedback FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.insight_id IS DISTINCT FROM new.insight_id) OR (old.user_id IS DISTINCT FROM new.user_id) OR (old.rating IS DISTINCT FROM new.rating) OR (old.comment IS DISTINCT FROM new.comment) OR (old.flag_type IS DISTINCT FROM new.flag_type) OR (old.flag_reason IS DISTINCT FROM new.flag_reason) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION audit_change('insight_feedback', 'insight_id,user_id', '', 'comment,flag_reason', '');
CREATE TRIGGER count_added AFTER INSERT ON public.insight_feedback REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('5000000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.insight_feedback REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER move_version AFTER INSERT OR DELETE OR UPDATE ON public.insight_feedback FOR EACH ROW EXECUTE FUNCTION move_insight_version();
CREATE TRIGGER audit_delete AFTER DELETE ON public.notification_channel FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('notification_channel', 'id', 'sealed', '', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.notification_channel FOR EACH ROW EXECUTE FUNCTION audit_change('notification_channel', 'id', 'sealed', '', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.notification_channel FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.id IS DISTINCT FROM new.id) OR (old.type IS DISTINCT FROM new.type) OR (old.name IS DISTINCT FROM new.name) OR (old.enabled IS DISTINCT FROM new.enabled) OR (old.sealed IS DISTINCT FROM new.sealed) OR (old.hint IS DISTINCT FROM new.hint) OR (old.last_error IS DISTINCT FROM new.last_error) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION audit_change('notification_channel', 'id', 'sealed', '', '');
CREATE TRIGGER count_added AFTER INSERT ON public.notification_channel REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('100', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.notification_channel REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER audit_delete AFTER DELETE ON public.plan FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('plan', 'name', '', '', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.plan FOR EACH ROW EXECUTE FUNCTION audit_change('plan', 'name', '', '', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.plan FOR EACH ROW WHEN (((old.name IS DISTINCT FROM new.name) OR (old.requests_per_hour IS DISTINCT FROM new.requests_per_hour) OR (old.points_per_minute IS DISTINCT FROM new.points_per_minute) OR (old.series IS DISTINCT FROM new.series) OR (old.users IS DISTINCT FROM new.users) OR (old.keys IS DISTINCT FROM new.keys))) EXECUTE FUNCTION audit_change('plan', 'name', '', '', '');
CREATE TRIGGER audit_delete AFTER DELETE ON public.production_gear FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('production_gear', 'owner,id', '', 'name,custom_name,category,serial_number,rental_frequency,status,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.production_gear FOR EACH ROW EXECUTE FUNCTION audit_change('production_gear', 'owner,id', '', 'name,custom_name,category,serial_number,rental_frequency,status,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.production_gear FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.owner IS DISTINCT FROM new.owner) OR (old.id IS DISTINCT FROM new.id) OR (old.name IS DISTINCT FROM new.name) OR (old.catalog_item_id IS DISTINCT FROM new.catalog_item_id) OR (old.custom_name IS DISTINCT FROM new.custom_name) OR (old.category IS DISTINCT FROM new.category) OR (old.serial_number IS DISTINCT FROM new.serial_number) OR (old.price_per_day IS DISTINCT FROM new.price_per_day) OR (old.rental_price IS DISTINCT FROM new.rental_price) OR (old.rental_frequency IS DISTINCT FROM new.rental_frequency) OR (old.quantity IS DISTINCT FROM new.quantity) OR (old.is_owned IS DISTINCT FROM new.is_owned) OR (old.status IS DISTINCT FROM new.status) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('production_gear', 'owner,id', '', 'name,custom_name,category,serial_number,rental_frequency,status,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.production_gear REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('200000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.production_gear REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.production_gear FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.production_note FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('production_note', 'owner,id', '', 'title,content,shot_id,task_id,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.production_note FOR EACH ROW EXECUTE FUNCTION audit_change('production_note', 'owner,id', '', 'title,content,shot_id,task_id,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.production_note FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.owner IS DISTINCT FROM new.owner) OR (old.id IS DISTINCT FROM new.id) OR (old.project_id IS DISTINCT FROM new.project_id) OR (old.title IS DISTINCT FROM new.title) OR (old.content IS DISTINCT FROM new.content) OR (old.shot_id IS DISTINCT FROM new.shot_id) OR (old.task_id IS DISTINCT FROM new.task_id) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('production_note', 'owner,id', '', 'title,content,shot_id,task_id,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.production_note REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('50000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.production_note REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.production_note FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.production_project FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('production_project', 'owner,id', '', 'name,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.production_project FOR EACH ROW EXECUTE FUNCTION audit_change('production_project', 'owner,id', '', 'name,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.production_project FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.owner IS DISTINCT FROM new.owner) OR (old.id IS DISTINCT FROM new.id) OR (old.name IS DISTINCT FROM new.name) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('production_project', 'owner,id', '', 'name,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.production_project REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('10000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.production_project REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.production_project FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.production_shot FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('production_shot', 'owner,id', '', 'title,description,status,duration,location,remarks,scene_number,equipment_ids,prepared_equipment_ids,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.production_shot FOR EACH ROW EXECUTE FUNCTION audit_change('production_shot', 'owner,id', '', 'title,description,status,duration,location,remarks,scene_number,equipment_ids,prepared_equipment_ids,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.production_shot FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.owner IS DISTINCT FROM new.owner) OR (old.id IS DISTINCT FROM new.id) OR (old.project_id IS DISTINCT FROM new.project_id) OR (old.title IS DISTINCT FROM new.title) OR (old.description IS DISTINCT FROM new.description) OR (old.status IS DISTINCT FROM new.status) OR (old.date IS DISTINCT FROM new.date) OR (old.start_time IS DISTINCT FROM new.start_time) OR (old.duration IS DISTINCT FROM new.duration) OR (old.location IS DISTINCT FROM new.location) OR (old.remarks IS DISTINCT FROM new.remarks) OR (old.scene_number IS DISTINCT FROM new.scene_number) OR (old.equipment_ids IS DISTINCT FROM new.equipment_ids) OR (old.prepared_equipment_ids IS DISTINCT FROM new.prepared_equipment_ids) OR (old.date_order IS DISTINCT FROM new.date_order) OR (old.time_order IS DISTINCT FROM new.time_order) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('production_shot', 'owner,id', '', 'title,description,status,duration,location,remarks,scene_number,equipment_ids,prepared_equipment_ids,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.production_shot REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('1000000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.production_shot REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.production_shot FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.production_task FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('production_task', 'owner,id', '', 'category,title,description,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_insert AFTER INSERT ON public.production_task FOR EACH ROW EXECUTE FUNCTION audit_change('production_task', 'owner,id', '', 'category,title,description,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER audit_update AFTER UPDATE ON public.production_task FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.owner IS DISTINCT FROM new.owner) OR (old.id IS DISTINCT FROM new.id) OR (old.project_id IS DISTINCT FROM new.project_id) OR (old.category IS DISTINCT FROM new.category) OR (old.title IS DISTINCT FROM new.title) OR (old.status IS DISTINCT FROM new.status) OR (old.priority IS DISTINCT FROM new.priority) OR (old.due_date IS DISTINCT FROM new.due_date) OR (old.description IS DISTINCT FROM new.description) OR (old.due_order IS DISTINCT FROM new.due_order) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.created_by IS DISTINCT FROM new.created_by) OR (old.deleted_at IS DISTINCT FROM new.deleted_at) OR (old.deleted_by IS DISTINCT FROM new.deleted_by))) EXECUTE FUNCTION audit_change('production_task', 'owner,id', '', 'category,title,description,created_by,updated_by,deleted_by', 'delete:deleted_at');
CREATE TRIGGER count_added AFTER INSERT ON public.production_task REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed('1000000', '');
CREATE TRIGGER count_removed AFTER DELETE ON public.production_task REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.production_task FOR EACH ROW EXECUTE FUNCTION stamp_row();
CREATE TRIGGER audit_delete AFTER DELETE ON public.tenant FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('tenant', 'id', '', 'name', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.tenant FOR EACH ROW EXECUTE FUNCTION audit_change('tenant', 'id', '', 'name', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.tenant FOR EACH ROW WHEN (((old.name IS DISTINCT FROM new.name) OR (old.status IS DISTINCT FROM new.status) OR (old.plan IS DISTINCT FROM new.plan) OR (old.series_limit IS DISTINCT FROM new.series_limit) OR (old.ignored_labels IS DISTINCT FROM new.ignored_labels))) EXECUTE FUNCTION audit_change('tenant', 'id', '', 'name', '');
CREATE TRIGGER audit_delete AFTER DELETE ON public.tenant_quota FOR EACH ROW WHEN (((COALESCE(current_setting('app.run'::text, true), ''::text) = ''::text) OR (NOT has_table_privilege('public.audit_entry'::text, 'DELETE'::text)))) EXECUTE FUNCTION audit_change('tenant_quota', 'kind', '', '', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.tenant_quota FOR EACH ROW EXECUTE FUNCTION audit_change('tenant_quota', 'kind', '', '', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.tenant_quota FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.kind IS DISTINCT FROM new.kind) OR (old.max_rows IS DISTINCT FROM new.max_rows) OR (old.max_bytes IS DISTINCT FROM new.max_bytes))) EXECUTE FUNCTION audit_change('tenant_quota', 'kind', '', '', '');
