-- What monitoring remembers between two runs. Nothing in these tables belongs to a tenant.

-- One row for each minute: what every function did in it, and the state of the database at its end.
create table database_sample (
  at timestamptz primary key check (at = date_trunc('minute', at)),
  -- By function, the difference of its counters to the sample before.
  activity jsonb not null,
  -- The numbers that are published, by name.
  numbers jsonb not null
);

-- The counters of each instance as the newest sample has counted them.
create table instance_seen (
  function text not null check (length(function) between 1 and 63),
  instance uuid not null,
  started_at timestamptz not null,
  activity jsonb not null,
  primary key (function, instance)
);

-- The counters of each function since monitoring began: the sum of all samples, those that were deleted too.
create table function_total (
  function text primary key check (length(function) between 1 and 63),
  activity jsonb not null
);

-- When the number of scans of an index last changed, as far as monitoring has seen it.
create table index_use (
  index text primary key check (length(index) between 1 and 63),
  scans bigint not null,
  changed_at timestamptz not null
);
