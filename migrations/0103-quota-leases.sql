-- Limits of a plan, kept by leases, and what tenants use by day.

-- What was granted of a limit in the window of its policy. An instance takes tokens for many requests with one update, so that requests cost no write.
create table quota_window (
  tenant_id int not null references tenant,
  policy text not null check (policy in ('requests', 'points')),
  window_start timestamptz not null,
  granted int not null check (granted >= 0),
  -- The tokens of the last lease.
  lease int not null check (lease >= 0),
  primary key (tenant_id, policy)
) with (fillfactor = 50);
alter table quota_window enable row level security;
alter table quota_window force row level security;
create policy tenant_isolation on quota_window
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

create table usage_day (
  tenant_id int not null references tenant,
  -- UTC.
  day date not null,
  requests bigint not null default 0,
  -- Requests and points that a limit of the plan refused, and entries that the limit of series refused.
  requests_refused bigint not null default 0,
  points_refused bigint not null default 0,
  series_refused bigint not null default 0,
  points_accepted bigint not null default 0,
  points_rejected bigint not null default 0,
  bytes_in bigint not null default 0,
  bytes_out bigint not null default 0,
  primary key (tenant_id, day)
) with (fillfactor = 50);
alter table usage_day enable row level security;
alter table usage_day force row level security;
create policy tenant_isolation on usage_day
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

-- The tenant of this name with its plan. `npm run migrate` makes this function, and the next one, the authenticator's. find_tenant stays for the
-- instances of the release before, and for alerts.
create function find_tenant_and_plan(tenant_name text)
  returns table (id int, name text, status text, series_limit int, ignored_labels text[],
    plan text, requests_per_hour int, points_per_minute int)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select t.id, t.name, t.status, t.series_limit, t.ignored_labels, p.name, p.requests_per_hour, p.points_per_minute
  from public.tenant t join public.plan p on p.name = t.plan where t.name = tenant_name;
$$;
revoke all on function find_tenant_and_plan(text) from public;

-- Adds what an instance has counted since its last report: an array of objects with tenant_id and the columns of usage_day. An instance serves many
-- tenants, so its role cannot write these rows itself. Days older than 400 days are deleted with the first report of a day.
create function add_usage(counted jsonb) returns void
  language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function add_usage(jsonb) from public;
