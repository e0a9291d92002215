-- What a login may change about itself: PostgreSQL lets every role change its own password and the settings that its sessions begin
-- with, and has no privilege that withholds it. So both are written down where logins are made, and the partitions function sets back
-- every 5 minutes what differs. The functions below belong to penstock_warden, a role that may change roles and cannot log in:
-- `npm run migrate` gives them to it.

create table role_baseline (
  role text primary key,
  -- name=value, as pg_db_role_setting has them.
  settings text[] not null,
  -- What PostgreSQL stores in the password's place, by which nobody can log in; null: the login has no password that was set here.
  verifier text check (verifier ~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*:[A-Za-z0-9+/]+=*$')
);

-- The salts of the passwords that were set here. PostgreSQL shows the salt that it has to whoever begins to log in: where the two
-- differ, the password was changed.
create function role_salts() returns table (role text, salt text, iterations int)
  language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select b.role, split_part(split_part(b.verifier, '$', 2), ':', 2), split_part(split_part(b.verifier, '$', 2), ':', 1)::int
  from public.role_baseline b join pg_roles r on r.rolname = b.role
  where b.verifier is not null order by b.role
$$;
revoke all on function role_salts() from public;

-- Sets logins back to what was written down, ends the sessions of those that had changed, and says which they were. `others` are logins
-- whose passwords the caller knows to be changed. Passwords are set in every run: one that was changed without changing its salt cannot
-- be seen, and is undone all the same. Does nothing while logins are being made.
create function restore_roles(others text[]) returns table (role text, changed text[], sessions int)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function restore_roles(text[]) from public;

-- The tenant that a session reads, by the login that it began with, which no statement of the session changes: the tenant's reader
-- itself, or an IAM user that is a member of one reader and no other.
create function reader_tenant() returns int
  language sql stable
begin atomic
  select coalesce(
    substring(session_user from '^penstock_reader_([0-9]{1,9})$'),
    (select min(substring(r.rolname::text from '^penstock_reader_([0-9]{1,9})$'))
     from pg_catalog.pg_auth_members m
     join pg_catalog.pg_roles u on u.oid = m.member and u.rolname = session_user and not u.rolcreaterole and not u.rolsuper
     join pg_catalog.pg_roles r on r.oid = m.roleid and r.rolname ~ '^penstock_reader_[0-9]{1,9}$'
     having count(*) = 1)
  )::int;
end;
revoke all on function reader_tenant() from public;
grant execute on function reader_tenant() to penstock_reader;

alter policy reader_tenant on metric_series using (tenant_id = (select reader_tenant()));
alter policy reader_tenant_only on metric_series using (tenant_id = (select reader_tenant()));
alter policy reader_tenant on metric_point using (tenant_id = (select reader_tenant()));
alter policy reader_tenant_only on metric_point using (tenant_id = (select reader_tenant()));
alter policy reader_tenant on metric_rollup using (tenant_id = (select reader_tenant()));
alter policy reader_tenant_only on metric_rollup using (tenant_id = (select reader_tenant()));
alter policy reader_tenant on rollup_invalidation using (tenant_id = (select reader_tenant()));
alter policy reader_tenant_only on rollup_invalidation using (tenant_id = (select reader_tenant()));
