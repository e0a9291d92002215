-- The instants that the server gives to points without timestamps. Each minute of them has 512 slots: slot s owns its microseconds s,
-- s + 512, s + 1024 and so on, counted from the beginning of the minute. An instance draws a slot once, keeps it for ever, and stamps
-- only microseconds of its own; so no two instances give one instant, whatever their clocks say and however long one of them slept.
create table stamp_minute (
  minute timestamptz primary key check (date_bin('1 minute', minute, timestamptz '2000-01-01 00:00:00+00') = minute),
  -- Slots that were drawn so far, from 0 on.
  slots int not null check (slots between 1 and 512)
);
