-- What each instance of a function knows about itself: its connections, its statements and its requests. An instance writes its row at most once a
-- minute and when it ends. The counters are cumulative since started_at, so a report that was not written loses nothing but time.
create table instance_report (
  function text not null check (length(function) between 1 and 63),
  instance uuid not null,
  revision text not null check (length(revision) <= 200),
  started_at timestamptz not null,
  reported_at timestamptz not null,
  report jsonb not null check (octet_length(report::text) <= 65536),
  primary key (function, instance)
);
