-- Tenants, keys, series, points and what surrounds a write.
-- Every table with a tenant enables and forces row security; the tenant of a transaction is the setting app.tenant_id.

create table tenant (
  id int generated always as identity primary key,
  name text not null unique check (name ~ '^[a-z0-9-]{1,63}$'),
  status text not null default 'active' check (status in ('active', 'suspended')),
  series_limit int not null default 100000 check (series_limit >= 0),
  series_count int not null default 0 check (series_count >= 0),
  ignored_labels text[] not null default '{}',
  created_at timestamptz not null default now()
);

create table api_key (
  id text primary key check (id ~ '^[0-9A-Za-z]{12}$'),
  tenant_id int references tenant,
  secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  -- A platform key belongs to no tenant, and a tenant's key can have no platform scope.
  check (case when tenant_id is null then scopes <@ array['operate', 'admin'] else not scopes && array['operate', 'admin'] end)
);

create table metric_series (
  id int generated always as identity primary key,
  tenant_id int not null references tenant,
  service_name text not null check (char_length(service_name) between 1 and 200),
  metric_type text not null check (char_length(metric_type) between 1 and 200),
  unit text not null check (char_length(unit) <= 200),
  labels jsonb not null check (jsonb_typeof(labels) = 'object'),
  -- SHA-256 of the canonical identity: labels over 2.6 KiB do not fit a btree.
  identity_sha256 bytea not null check (octet_length(identity_sha256) = 32),
  created_at timestamptz not null default now(),
  unique (tenant_id, identity_sha256)
);
create index metric_series_name on metric_series (tenant_id, service_name, metric_type, id);

-- The table that grows: 24 bytes of data and one index. Its partitions are UTC calendar months, made by the partitions function.
create table metric_point (
  tenant_id int not null,
  series_id int not null,
  ts timestamptz not null,
  value float8 not null check (value between float8 '-1e150' and float8 '1e150'),
  primary key (series_id, ts)
) partition by range (ts);
create index metric_point_ts on metric_point using brin (ts) with (pages_per_range = 32, autosummarize = on);

create table metric_month (
  month date primary key check (extract(day from month) = 1),
  state text not null check (state in ('live', 'sealed', 'written', 'verified', 'cold', 'detached', 'dropped', 'expired')),
  changed_at timestamptz not null default now()
);

create table deferred_point (
  id bigint generated always as identity primary key,
  tenant_id int not null,
  series_id int not null,
  ts timestamptz not null,
  value float8 not null check (value between float8 '-1e150' and float8 '1e150'),
  accepted_at timestamptz not null default now()
);
create index deferred_point_ts on deferred_point (ts);

create table dead_letter (
  id bigint generated always as identity primary key,
  -- Null when the message's tenant is not known.
  tenant_id int references tenant,
  source text not null,
  -- The message's, or a hash of the payload where it came without one.
  message_id text not null,
  reason text not null,
  detail text not null,
  content_type text not null,
  -- The whole message as it came, attributes included; for refused entries, those entries.
  payload bytea not null,
  received_at timestamptz not null default now(),
  -- A poisonous message that is delivered twice is one dead letter.
  unique nulls not distinct (tenant_id, source, message_id, reason)
);

-- One row. A write below the fence records an invalidation; roll-ups are complete below the watermark.
create table rollup_mark (
  single boolean primary key default true check (single),
  fence timestamptz not null default '-infinity',
  watermark timestamptz not null default '-infinity' check (watermark <= fence)
);
insert into rollup_mark default values;

create table rollup_invalidation (
  id bigint generated always as identity primary key,
  tenant_id int not null,
  series_id int not null,
  bucket timestamptz not null
);
create index rollup_invalidation_bucket on rollup_invalidation (series_id, bucket);

create table idempotency_key (
  tenant_id int not null references tenant,
  key text not null check (char_length(key) between 1 and 255),
  payload_sha256 bytea not null check (octet_length(payload_sha256) = 32),
  -- What cannot be computed again from the payload.
  verdicts jsonb not null check (octet_length(verdicts::text) <= 16384),
  expires_at timestamptz not null,
  primary key (tenant_id, key)
);
create index idempotency_key_expiry on idempotency_key (expires_at);

create table job_run (
  id bigint generated always as identity primary key,
  job text not null,
  -- A scheduled time is one run, however often the call is repeated; a run by hand has none.
  schedule_time timestamptz,
  started_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz not null,
  finished_at timestamptz,
  outcome text check (outcome in ('success', 'partial', 'failed')),
  result jsonb,
  unique (job, schedule_time)
);
-- One open run of a job at a time.
create unique index job_run_open on job_run (job) where finished_at is null;

alter table tenant enable row level security;
alter table tenant force row level security;
create policy tenant_isolation on tenant
  using (id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table api_key enable row level security;
alter table api_key force row level security;
create policy tenant_isolation on api_key
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table metric_series enable row level security;
alter table metric_series force row level security;
create policy tenant_isolation on metric_series
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table metric_point enable row level security;
alter table metric_point force row level security;
create policy tenant_isolation on metric_point
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table deferred_point enable row level security;
alter table deferred_point force row level security;
create policy tenant_isolation on deferred_point
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table dead_letter enable row level security;
alter table dead_letter force row level security;
create policy tenant_isolation on dead_letter
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
-- A message of an unknown tenant can be kept, and then be read by nobody but maintenance.
create policy tenant_unknown on dead_letter for insert with check (tenant_id is null);

alter table rollup_invalidation enable row level security;
alter table rollup_invalidation force row level security;
create policy tenant_isolation on rollup_invalidation
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table idempotency_key enable row level security;
alter table idempotency_key force row level security;
create policy tenant_isolation on idempotency_key
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

-- The two questions that are asked before a tenant is known. Each answers about one row that the caller can name; neither lists.
-- `npm run migrate` makes them the authenticator's, a role that cannot log in: the tables' owner would see nothing here.

create function authenticate_api_key(key_id text, key_sha256 bytea)
  returns table (tenant_id int, tenant_name text, tenant_status text, series_limit int, ignored_labels text[], scopes text[], expires_at timestamptz, revoked_at timestamptz)
  language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function authenticate_api_key(text, bytea) from public;

create function find_tenant(tenant_name text)
  returns table (id int, name text, status text, series_limit int, ignored_labels text[])
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select t.id, t.name, t.status, t.series_limit, t.ignored_labels from public.tenant t where t.name = tenant_name;
$$;
revoke all on function find_tenant(text) from public;
