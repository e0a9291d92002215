-- A range whose workers die is handed out again only so often; then it has failed, and is nobody's.
alter table backfill_lease
  -- How often its lease expired without a report.
  add column losses int not null default 0,
  drop constraint backfill_lease_state_check,
  add constraint backfill_lease_state_check check (state in ('leased', 'returned', 'done', 'failed'));
