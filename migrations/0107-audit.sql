-- The audit log: who changed what, and when. Triggers write an entry in the transaction of the change, functions write one for each operation,
-- and nobody changes an entry. Every few minutes a seal with a hash over the new entries is made; each seal contains the hash of the one before.

create table audit_entry (
  id bigint generated always as identity primary key,
  -- Null for what concerns no tenant. It references nothing, because the entries of a tenant outlive it.
  tenant_id int,
  at timestamptz not null default clock_timestamp(),
  -- Transactions are numbered anew in another cluster: see store_state.
  era smallint not null default 0,
  xid xid8 not null default pg_current_xact_id(),
  -- The caller as the function names it: `key:<id>`, `user:<subject>`, `service:<email>` or `open`. Without a request it is the session's user.
  actor text not null default coalesce(nullif(current_setting('app.actor', true), ''), session_user)
    check (char_length(actor) between 1 and 400),
  actor_kind text not null default case when nullif(current_setting('app.actor', true), '') is null then 'database'
      else split_part(current_setting('app.actor', true), ':', 1) end
    check (actor_kind in ('key', 'user', 'service', 'open', 'database')),
  -- The login of the session, which no setting can change.
  login text not null default session_user,
  action text not null check (action ~ '^[a-z_]+\.[a-z_]+$' and length(action) <= 100),
  object_type text not null check (length(object_type) <= 63),
  object_id text check (char_length(object_id) <= 500),
  outcome text not null default 'success' check (outcome in ('success', 'partial', 'failed', 'denied')),
  request_id text default nullif(current_setting('app.request_id', true), '') check (length(request_id) <= 100),
  address_prefix text default nullif(current_setting('app.address_prefix', true), '') check (length(address_prefix) <= 64),
  before jsonb check (octet_length(before::text) <= 4096),
  after jsonb check (octet_length(after::text) <= 4096)
);
-- Statistics would hold ids of people in another table, which no erasure of the log reaches.
alter table audit_entry alter column actor set statistics 0, alter column object_id set statistics 0,
  alter column before set statistics 0, alter column after set statistics 0;
-- For sealing and verifying.
create index audit_entry_xid on audit_entry (era, xid);
create index audit_entry_newest on audit_entry (tenant_id, at desc, id desc);
create index audit_entry_object on audit_entry (tenant_id, object_id, at desc);
-- For readers of every tenant, and for retention.
create index audit_entry_at on audit_entry (at, id);

do $$
begin
  execute format('alter table public.audit_entry alter era set default %s', (select era from public.store_state));
end
$$;

alter table audit_entry enable row level security;
alter table audit_entry force row level security;
create policy tenant_isolation on audit_entry for select
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
create policy tenant_additions on audit_entry for insert
  with check (tenant_id is null or tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

-- A seal is the proof of all entries of its range of transactions. No transaction of the range was open when it was made, so no entry can join it.
create table audit_seal (
  id bigint primary key check (id > 0),
  era smallint not null,
  from_xid xid8 not null,
  -- Exclusive.
  to_xid xid8 not null,
  rows int not null check (rows > 0),
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- The hashes of its parts, in order of the tenant, the part without a tenant first. A tenant finds the hash of its part here, and learns nothing
  -- of the others.
  parts bytea not null check (octet_length(parts) > 0 and octet_length(parts) % 32 = 0),
  root_sha256 bytea not null check (octet_length(root_sha256) = 32),
  -- The hash of the seal before; null for the first one.
  previous_sha256 bytea check (octet_length(previous_sha256) = 32),
  sealed_at timestamptz not null default clock_timestamp(),
  check ((previous_sha256 is null) = (id = 1))
);
create index audit_seal_sealed on audit_seal (sealed_at);

-- The entries of one tenant within a seal; null for those that concern no tenant.
create table audit_seal_part (
  seal_id bigint not null,
  tenant_id int,
  rows int not null check (rows > 0),
  root_sha256 bytea not null check (octet_length(root_sha256) = 32),
  sealed_at timestamptz not null
);
create unique index audit_seal_part_tenant on audit_seal_part (tenant_id, seal_id);
create index audit_seal_part_seal on audit_seal_part (seal_id);
create index audit_seal_part_sealed on audit_seal_part (sealed_at);

alter table audit_seal_part enable row level security;
alter table audit_seal_part force row level security;
create policy tenant_isolation on audit_seal_part for select
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

-- The seals that have a copy in storage.
create table audit_seal_copy (
  seal_id bigint primary key,
  stored_at timestamptz not null default clock_timestamp()
);
create index audit_seal_copy_stored on audit_seal_copy (stored_at);

-- Entries of seals whose last entry is older than this may have been archived and deleted.
create table audit_kept (
  one boolean primary key default true check (one),
  from_at timestamptz not null
);
insert into audit_kept (from_at) values ('-infinity');

create function refuse_audit_change() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;
revoke all on function refuse_audit_change() from public;

do $$
declare
  guarded text;
begin
  foreach guarded in array array['audit_entry', 'audit_seal', 'audit_seal_part'] loop
    execute format('create trigger refuse_update before update on public.%I for each statement execute function public.refuse_audit_change()', guarded);
    execute format('create trigger refuse_truncate before truncate on public.%I for each statement execute function public.refuse_audit_change()', guarded);
  end loop;
end
$$;

-- Shortens long values, so that an entry stays small whatever a table holds.
create function audit_fitting(given jsonb) returns jsonb
  language plpgsql immutable strict set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function audit_fitting(jsonb) from public;

-- Writes the entry of a changed row. `penstock migrate` creates the triggers from the declarations of the tables, and makes this function belong to a
-- role that may insert entries of every tenant, so a role that changes an audited row needs no right on the log. Arguments: the type of the object, the
-- columns of its id, the columns that are left out, the columns whose values are not shown, and verbs with the column that is set by each.
create function audit_change() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function audit_change() from public;

alter table archive drop constraint archive_dataset_check,
  add constraint archive_dataset_check check (dataset in ('metrics', 'feedback', 'backfill_jobs', 'audit'));
alter table archive_hold drop constraint archive_hold_dataset_check,
  add constraint archive_hold_dataset_check check (dataset in ('metrics', 'feedback', 'backfill_jobs', 'audit'));
