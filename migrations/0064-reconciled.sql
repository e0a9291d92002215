-- The cluster and the timeline in which the archive's records were last compared with storage. After a restore they are others, and nothing is
-- archived or expired until they have been compared again: see shared/lifecycle/reconciled.ts.
alter table store_state
  add column reconciled_system bigint,
  add column reconciled_timeline integer;
update store_state set
  reconciled_system = (select system_identifier from pg_control_system()),
  reconciled_timeline = (select timeline_id from pg_control_checkpoint());
