-- The intention to hold an object is noted before its effect in storage, and cleared after it: see shared/lifecycle/holds.ts.
alter table archive
  -- With `held`: storage has not confirmed the object's temporary hold yet, and the next run sets it again.
  add column hold_pending boolean not null default false,
  add constraint archive_hold_pending_check check (held or not hold_pending);
