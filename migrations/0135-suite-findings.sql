-- What is wrong across tenants, in numbers, for the findings of monitoring: it sees no row of a tenant.

-- Notifications of the last two days that no attempt will reach any more, and the number of their tenants. Tests of channels are their tenant's concern.
create function failed_notifications() returns table (notifications bigint, tenants bigint)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select count(*), count(distinct n.tenant_id) from public.notification n
  where n.state = 'failed' and n.kind <> 'test' and n.created_at > clock_timestamp() - interval '48 hours'
$$;
revoke all on function failed_notifications() from public;

-- Entries of the audit log that no seal contains, 10,000 at most, and the instant of the first of them.
create function unsealed_entries() returns table (entries bigint, since timestamptz)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select count(*), min(w.at) from (
    select e.at from public.audit_entry e
    where (e.era, e.xid) >= (
      coalesce((select s.era from public.audit_seal s order by s.id desc limit 1), 0::smallint),
      coalesce((select s.to_xid from public.audit_seal s order by s.id desc limit 1), '0'::xid8))
    order by e.era, e.xid limit 10000
  ) w
$$;
revoke all on function unsealed_entries() from public;
