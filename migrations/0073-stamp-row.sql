-- The stamps of rows that people change: created_at, created_by, updated_at, updated_by and version. A table gets them by
--   create trigger stamp before insert or update on <table> for each row execute function stamp_row();
-- The actor is the setting app.actor, which the unit of work sets together with the tenant; without one it is the role of the session.
create function stamp_row() returns trigger language plpgsql set search_path = pg_catalog as $$
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
$$;
revoke all on function stamp_row() from public;
