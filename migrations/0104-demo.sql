-- Demonstration tenants: each visitor gets one of its own for a day.

-- Makes a demonstration tenant with the plan `demo`; answers nothing when the limit of those of the last day is reached. The lock makes concurrent calls
-- take turns, so the limit holds.
create function add_demo_tenant(new_name text, most int) returns table (id int, expires_at timestamptz)
  language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
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
$$;
revoke all on function add_demo_tenant(text, int) from public;
create index tenant_demo on tenant (created_at) where plan = 'demo';
