-- Two owners. penstock_months, a role that cannot log in, owns the tables of months and nothing else; the functions that make and drop
-- months take it. penstock_owner owns everything else (keys, tenants, policies, functions), and no function is a member of it.
-- penstock_owner is itself a member of penstock_months, so that migrations and commands change these tables as before. Each table is
-- locked for an instant.
do $$
declare
  month regclass;
begin
  for month in
    select c.oid from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relowner = 'penstock_owner'::regrole
      and (c.relname ~ '^metric_(point|rollup)(_[0-9]{4}_[0-9]{2})?$'
        or exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent in ('metric_point'::regclass, 'metric_rollup'::regclass)))
    order by c.relkind desc, c.relname
  loop
    execute format('alter table %s owner to penstock_months', month);
  end loop;
end
$$;
