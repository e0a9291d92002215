-- Users with roles, keys of users, and plans.

-- What a plan allows; null: no limit. A change here holds for every tenant of the plan after 30 s.
create table plan (
  name text primary key check (name ~ '^[a-z_]{1,30}$'),
  requests_per_hour int check (requests_per_hour > 0),
  points_per_minute int check (points_per_minute > 0),
  -- The limit of active series that a tenant gets with the plan.
  series int not null check (series >= 0),
  users int check (users >= 0),
  keys int check (keys >= 0)
);
insert into plan (name, requests_per_hour, points_per_minute, series, users, keys) values
  ('unlimited', null, null, 100000, null, null),
  ('free', 100, 10000, 1000, 5, 25),
  ('pro', 1000, 100000, 10000, 25, 125),
  ('power', 10000, 1000000, 50000, 100, 500),
  ('white_label', 100000, 10000000, 100000, 1000, 5000),
  ('demo', 600, 5000, 50, 0, 1);

alter table tenant add column plan text not null default 'unlimited' references plan;

create table app_user (
  tenant_id int not null references tenant,
  id uuid not null default gen_random_uuid(),
  -- The `sub` of the user's tokens.
  subject text not null check (char_length(subject) between 1 and 100),
  email text not null check (char_length(email) between 3 and 254),
  display_name text check (char_length(display_name) between 1 and 100),
  role text not null check (role in ('viewer', 'operator', 'owner', 'manager', 'admin')),
  status text not null default 'active' check (status in ('active', 'invited', 'suspended')),
  subscription_tier text not null default 'free' check (subscription_tier in ('free', 'pro', 'power', 'white_label')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_login_at timestamptz,
  primary key (tenant_id, id),
  constraint app_user_subject unique (tenant_id, subject)
);
create unique index app_user_email on app_user (tenant_id, lower(email));
create index app_user_newest on app_user (tenant_id, created_at desc, id);

alter table app_user enable row level security;
alter table app_user force row level security;
create policy tenant_isolation on app_user
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table api_key
  drop constraint api_key_scopes_check,
  -- The id that the API shows. The id in the key itself is half of what a caller must know.
  add column public_id uuid not null default gen_random_uuid() unique,
  add column name text check (char_length(name) between 1 and 100),
  -- The user that the key acts as; null: the tenant, or the platform.
  add column user_id uuid,
  -- SHA-256 of the whole key; null for a key that was made before this migration.
  add column whole_sha256 bytea check (octet_length(whole_sha256) = 32),
  -- When another key was made in its place. It stays valid until expires_at.
  add column rotated_at timestamptz,
  add foreign key (tenant_id, user_id) references app_user on delete cascade;
create index api_key_user on api_key (tenant_id, user_id, created_at desc);

create trigger count_added after insert on app_user referencing new table as changed
  for each statement execute function count_changed('10000', '');
create trigger count_removed after delete on app_user referencing old table as changed
  for each statement execute function count_changed();
create trigger count_added after insert on api_key referencing new table as changed
  for each statement execute function count_changed('10000', '');
create trigger count_removed after delete on api_key referencing old table as changed
  for each statement execute function count_changed();
insert into tenant_usage (tenant_id, kind, part, row_count, byte_count)
  select tenant_id, 'api_key', 0, count(*), 0 from api_key where tenant_id is not null group by 1;

-- Keeps one active admin for each tenant that has one. The lock makes concurrent changes of a tenant's admins take turns, and the count
-- sees what the one before has committed. The owner of the table is not held: erasing a tenant or a person removes every user.
create function keep_last_admin() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function keep_last_admin() from public;
create trigger keep_last_admin before update of role, status or delete on app_user
  for each row execute function keep_last_admin();

-- A user has at most five live keys, and at most five that were rotated and are still valid. The lock on the user makes concurrent
-- inserts take turns.
create function keep_five_keys() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function keep_five_keys() from public;
create trigger keep_five_keys before insert on api_key
  for each row when (new.user_id is not null) execute function keep_five_keys();

-- The questions that are asked before a tenant is known. `npm run migrate` makes them the authenticator's: see 0001-tables.sql.
-- authenticate_api_key stays for the instances of the release before.

-- The key with this secret, its tenant, its plan and its user, in one statement, so that scopes and role belong together.
create function identify_api_key(key_id text, key_sha256 bytea)
  returns table (tenant_id int, tenant_name text, tenant_status text, series_limit int, ignored_labels text[],
    plan text, requests_per_hour int, points_per_minute int,
    scopes text[], expires_at timestamptz, revoked_at timestamptz,
    user_id uuid, user_subject text, user_role text, user_status text)
  language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function identify_api_key(text, bytea) from public;

-- The tenant of this name, its plan, and its user with this subject, whose columns are null when nobody registered it. A user that was
-- invited is active from its first token on.
create function identify_user(tenant_name text, user_subject text)
  returns table (tenant_id int, tenant_status text, series_limit int, ignored_labels text[],
    plan text, requests_per_hour int, points_per_minute int, user_id uuid, user_role text, user_status text)
  language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function identify_user(text, text) from public;

-- The administration of tenants by platform keys: the only way in which the API sees or changes a tenant other than the caller's.

create function list_tenants(after_name text, wanted int)
  returns table (name text, status text, plan text, series_limit int, series_count int, ignored_labels text[], created_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select t.name, t.status, t.plan, t.series_limit, t.series_count, t.ignored_labels, t.created_at
  from public.tenant t where t.name > after_name order by t.name limit least(wanted, 1001);
$$;
revoke all on function list_tenants(text, int) from public;

-- Answers nothing when there is a tenant of this name. The plan gives the limit of series where none is given.
create function add_tenant(new_name text, new_plan text, new_series_limit int, new_ignored_labels text[])
  returns table (name text, status text, plan text, series_limit int, series_count int, ignored_labels text[], created_at timestamptz)
  language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
  insert into public.tenant as t (name, plan, series_limit, ignored_labels)
    select new_name, p.name, coalesce(new_series_limit, p.series), coalesce(new_ignored_labels, '{}')
    from public.plan p where p.name = new_plan
    on conflict (name) do nothing
    returning t.name, t.status, t.plan, t.series_limit, t.series_count, t.ignored_labels, t.created_at;
$$;
revoke all on function add_tenant(text, text, int, text[]) from public;

-- Changes what is given; null keeps a value. Another plan sets the limit of series to its own, unless one is given.
create function change_tenant(old_name text, new_status text, new_plan text, new_series_limit int, new_ignored_labels text[])
  returns table (name text, status text, plan text, series_limit int, series_count int, ignored_labels text[], created_at timestamptz)
  language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
  update public.tenant t set
    status = coalesce(new_status, t.status),
    plan = coalesce(new_plan, t.plan),
    series_limit = coalesce(new_series_limit,
      (select p.series from public.plan p where p.name = new_plan and new_plan <> t.plan), t.series_limit),
    ignored_labels = coalesce(new_ignored_labels, t.ignored_labels)
  where t.name = old_name
  returning t.name, t.status, t.plan, t.series_limit, t.series_count, t.ignored_labels, t.created_at;
$$;
revoke all on function change_tenant(text, text, text, int, text[]) from public;
