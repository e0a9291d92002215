-- When the series of a tenant were counted last: those without points in the database leave the count, and a write counts them again.
alter table tenant add column series_counted_at timestamptz not null default '-infinity';
