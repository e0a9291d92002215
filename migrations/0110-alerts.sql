-- Alert rules of tenants, the state of each, the history of their events, the channels of notifications, and the notifications that wait or were
-- sent. A transition is one transaction: the state row, the event and the notifications are written together.

create table alert_rule (
  tenant_id int not null references tenant,
  id uuid not null default gen_random_uuid(),
  name text not null check (char_length(name) between 1 and 100),
  service_name text not null check (char_length(service_name) between 1 and 200),
  metric_type text not null check (char_length(metric_type) between 1 and 200),
  threshold_type text not null check (threshold_type in ('absolute', 'percentage', 'rate')),
  threshold_value float8 not null check (threshold_value > 0 and threshold_value < 'infinity'),
  comparison_operator text not null check (comparison_operator in ('>', '<', '>=', '<=', '==')),
  severity text not null check (severity in ('info', 'warning', 'critical')),
  evaluation_window_seconds int not null default 300 check (evaluation_window_seconds between 60 and 3600),
  notification_channels text[] not null default '{}' check (notification_channels <@ array['email', 'slack', 'sms', 'webhook']),
  channel_ids uuid[] not null default '{}' check (cardinality(channel_ids) <= 20),
  suppression_enabled boolean not null default false,
  suppression_start timestamptz,
  suppression_end timestamptz check (suppression_end > suppression_start),
  enabled boolean not null default true,
  aggregate text not null default 'avg' check (aggregate in ('avg', 'min', 'max', 'sum', 'count', 'last')),
  unit text check (char_length(unit) <= 200),
  -- Names of labels with the text that each must have.
  labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object'),
  group_by text check (char_length(group_by) between 1 and 4096),
  for_seconds int not null default 0 check (for_seconds between 0 and 86400),
  recover_seconds int not null default 0 check (recover_seconds between 0 and 86400),
  recover_value float8,
  no_data text not null default 'keep' check (no_data in ('keep', 'alert', 'resolve')),
  repeat_seconds int not null default 0 check (repeat_seconds between 0 and 604800),
  -- Who made it: a user's id, or an id that stands for a key.
  created_by uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version int not null default 1,
  primary key (tenant_id, id)
);
create index alert_rule_newest on alert_rule (tenant_id, created_at desc, id desc);

-- One row per rule and group: the memory between two evaluations. The row with the empty group belongs to the rule as a whole; whoever
-- evaluates the rule locks it, so a rule has one writer at a time.
create table alert_state (
  tenant_id int not null,
  rule_id uuid not null,
  -- Empty for the rule as a whole; else `=` and the text of the label by which the rule groups, or `-` for series without that label.
  group_key text not null,
  state text not null default 'normal' check (state in ('normal', 'pending', 'firing', 'recovering')),
  since timestamptz,
  event_id uuid,
  breached_since timestamptz,
  cleared_since timestamptz,
  openings timestamptz[] not null default '{}' check (cardinality(openings) <= 5),
  flapping boolean not null default false,
  changed_at timestamptz,
  notified_at timestamptz,
  -- Of the rule as a whole.
  evaluated_at timestamptz,
  last_error text check (char_length(last_error) <= 500),
  primary key (tenant_id, rule_id, group_key),
  foreign key (tenant_id, rule_id) references alert_rule on delete cascade,
  check ((state in ('firing', 'recovering')) = (event_id is not null))
);

-- History. A row changes only by its resolution and by what was sent about it.
create table alert_event (
  tenant_id int not null,
  id uuid not null default gen_random_uuid(),
  rule_id uuid not null,
  "group" text,
  triggered_at timestamptz not null,
  resolved_at timestamptz check (resolved_at >= triggered_at),
  severity text not null check (severity in ('info', 'warning', 'critical')),
  -- Null for an event of a rule that had no data.
  metric_value float8,
  threshold_value float8 not null,
  message text not null check (char_length(message) <= 1000),
  notification_sent boolean not null default false,
  notification_channels text[] not null default '{}',
  resolution_method text check (resolution_method in ('auto', 'suppressed', 'manual')),
  resolved_by text check (char_length(resolved_by) <= 200),
  comment text check (char_length(comment) <= 1000),
  primary key (tenant_id, id),
  foreign key (tenant_id, rule_id) references alert_rule on delete cascade,
  check ((resolved_at is null) = (resolution_method is null))
);
create index alert_event_newest on alert_event (tenant_id, triggered_at desc, id desc);
create index alert_event_rule on alert_event (tenant_id, rule_id, triggered_at desc);
-- For retention.
create index alert_event_resolved on alert_event (resolved_at) where resolved_at is not null;

create table notification_channel (
  tenant_id int not null references tenant,
  id uuid not null default gen_random_uuid(),
  type text not null check (type in ('email', 'slack', 'sms', 'webhook')),
  name text not null check (char_length(name) between 1 and 100),
  enabled boolean not null default true,
  -- Addresses, URLs and secrets, encrypted.
  sealed bytea not null check (octet_length(sealed) <= 16384),
  -- What is shown of it: a host and the last four characters.
  hint text not null check (char_length(hint) <= 300),
  -- Why it was switched off by a receiver.
  last_error text check (char_length(last_error) <= 500),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version int not null default 1,
  primary key (tenant_id, id)
);
create index notification_channel_newest on notification_channel (tenant_id, created_at desc, id desc);

-- The outbox. Its id is the id of the delivery: a receiver that compares ids sees each notification once.
create table notification (
  tenant_id int not null,
  id uuid not null default gen_random_uuid(),
  rule_id uuid,
  event_id uuid,
  kind text not null check (kind in ('triggered', 'resolved', 'repeated', 'flapping', 'test')),
  channel_id uuid,
  channel_type text not null check (channel_type in ('email', 'slack', 'sms', 'webhook')),
  -- The order per event and channel.
  sequence int not null check (sequence > 0),
  payload jsonb not null check (octet_length(payload::text) <= 65536),
  state text not null default 'pending' check (state in ('pending', 'leased', 'sent', 'failed')),
  attempts int not null default 0,
  created_at timestamptz not null default now(),
  -- When it is due: the next attempt of a pending one, the end of the lease of a leased one.
  next_attempt_at timestamptz not null default now(),
  fencing_token bigint not null default 0,
  sent_at timestamptz,
  last_error text check (char_length(last_error) <= 500),
  primary key (tenant_id, id),
  unique (tenant_id, event_id, channel_id, sequence),
  foreign key (tenant_id, rule_id) references alert_rule on delete cascade,
  foreign key (tenant_id, event_id) references alert_event on delete cascade,
  foreign key (tenant_id, channel_id) references notification_channel on delete set null (channel_id),
  check ((state = 'sent') = (sent_at is not null))
);
create index notification_due on notification (tenant_id, next_attempt_at) where state in ('pending', 'leased');
create index notification_newest on notification (tenant_id, created_at desc, id desc);
create index notification_rule on notification (tenant_id, rule_id);
create index notification_channel_id on notification (tenant_id, channel_id);
-- For retention.
create index notification_created on notification (created_at);

do $$
declare
  owned text;
begin
  foreach owned in array array['alert_rule', 'alert_state', 'alert_event', 'notification_channel', 'notification'] loop
    execute format('alter table public.%I enable row level security', owned);
    execute format('alter table public.%I force row level security', owned);
    execute format($p$create policy tenant_isolation on public.%I
      using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int))$p$, owned);
  end loop;
end
$$;

do $$
declare
  counted record;
begin
  for counted in
    select * from (values ('alert_rule', '2000'), ('alert_event', '1000000'), ('notification_channel', '100')) as t (name, max_rows)
  loop
    execute format('create trigger count_added after insert on public.%I referencing new table as changed
      for each statement execute function public.count_changed(%L, %L)', counted.name, counted.max_rows, '');
    execute format('create trigger count_removed after delete on public.%I referencing old table as changed
      for each statement execute function public.count_changed()', counted.name);
  end loop;
end
$$;

-- The tenants that have rules to evaluate, those that have waited longest first, and for how many seconds: since the last evaluation of a rule,
-- or since its last change. It says nothing else.
create function alert_work() returns table (tenant_id int, waited_s float8)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select r.tenant_id, max(extract(epoch from clock_timestamp() - greatest(s.evaluated_at, r.updated_at)))::float8
  from public.alert_rule r
  join public.tenant t on t.id = r.tenant_id and t.status = 'active'
  left join public.alert_state s on s.tenant_id = r.tenant_id and s.rule_id = r.id and s.group_key = ''
  where r.enabled or exists (
    select from public.alert_state o where o.tenant_id = r.tenant_id and o.rule_id = r.id and o.event_id is not null)
  group by 1 order by 2 desc, 1
$$;
revoke all on function alert_work() from public;
