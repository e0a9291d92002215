-- The tenants that have notifications to send, those that have waited longest first. It says nothing else.
create function notification_work() returns table (tenant_id int)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select n.tenant_id from public.notification n
  join public.tenant t on t.id = n.tenant_id and t.status = 'active'
  where n.state in ('pending', 'leased') and n.next_attempt_at <= clock_timestamp()
  group by 1 order by min(n.next_attempt_at), 1
$$;
revoke all on function notification_work() from public;
