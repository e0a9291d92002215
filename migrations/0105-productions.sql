-- Film productions: projects with their shots, notes and tasks, and the gear of their owners. The owner of a row is a user of the tenant; the rows of a
-- key without a user have the owner ''. Two users may choose the same id, so the owner is a part of every key.

create table production_project (
  tenant_id int not null references tenant,
  owner text not null check (char_length(owner) <= 100),
  id uuid not null default gen_random_uuid(),
  name text not null check (char_length(name) between 1 and 200),
  created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, updated_by text not null, version int not null,
  deleted_at timestamptz, deleted_by text,
  primary key (tenant_id, owner, id)
);
create index production_project_newest on production_project (tenant_id, owner, created_at desc, id) where deleted_at is null;

create table production_gear (
  tenant_id int not null references tenant,
  owner text not null check (char_length(owner) <= 100),
  id text not null check (char_length(id) between 1 and 128),
  name text not null check (char_length(name) between 1 and 200),
  catalog_item_id uuid,
  custom_name text check (char_length(custom_name) <= 200),
  category text not null default 'Other' check (char_length(category) between 1 and 100),
  serial_number text check (char_length(serial_number) <= 100),
  price_per_day numeric not null default 0 check (price_per_day >= 0),
  rental_price numeric check (rental_price >= 0),
  rental_frequency text check (char_length(rental_frequency) <= 20),
  quantity int not null default 1 check (quantity >= 0),
  is_owned boolean not null default true,
  status text not null default 'operational' check (char_length(status) between 1 and 50),
  created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, updated_by text not null, version int not null,
  deleted_at timestamptz, deleted_by text,
  primary key (tenant_id, owner, id)
);
create index production_gear_listing on production_gear (tenant_id, owner, status, category, id) where deleted_at is null;

-- A value that may be missing has a generated column that is never null: a cursor over a column with nulls is no condition of an index.
create table production_shot (
  tenant_id int not null references tenant,
  owner text not null,
  id text not null check (char_length(id) between 1 and 128),
  project_id uuid not null,
  title text not null check (char_length(title) between 1 and 200),
  description text check (char_length(description) <= 10000),
  status text not null default 'pending' check (status in ('pending', 'done')),
  date date,
  start_time time,
  duration text not null default '1h' check (char_length(duration) between 1 and 20),
  location text check (char_length(location) <= 300),
  remarks text check (char_length(remarks) <= 10000),
  scene_number text check (char_length(scene_number) <= 50),
  equipment_ids text[] not null default '{}' check (cardinality(equipment_ids) <= 200),
  prepared_equipment_ids text[] not null default '{}' check (prepared_equipment_ids <@ equipment_ids),
  date_order date not null generated always as (coalesce(date, '-infinity')) stored,
  time_order time not null generated always as (coalesce(start_time, '24:00')) stored,
  created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, updated_by text not null, version int not null,
  deleted_at timestamptz, deleted_by text,
  primary key (tenant_id, owner, id),
  foreign key (tenant_id, owner, project_id) references production_project on delete cascade
);
create index production_shot_order on production_shot (tenant_id, owner, project_id, date_order desc, time_order, id) where deleted_at is null;
create index production_shot_status on production_shot (tenant_id, owner, project_id, status, date_order desc, time_order, id) where deleted_at is null;

-- The order of a board: by the places of the status and of the priority, which are numbers.
create table production_task (
  tenant_id int not null references tenant,
  owner text not null,
  id text not null check (char_length(id) between 1 and 128),
  project_id uuid not null,
  category text not null default 'Editing' check (char_length(category) between 1 and 50),
  title text not null check (char_length(title) between 1 and 200),
  -- todo, progress, review, done
  status smallint not null default 0 check (status between 0 and 3),
  -- low, medium, high, critical
  priority smallint not null default 1 check (priority between 0 and 3),
  due_date date,
  description text check (char_length(description) <= 10000),
  due_order date not null generated always as (coalesce(due_date, 'infinity')) stored,
  created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, updated_by text not null, version int not null,
  deleted_at timestamptz, deleted_by text,
  primary key (tenant_id, owner, id),
  foreign key (tenant_id, owner, project_id) references production_project on delete cascade
);
create index production_task_board on production_task (tenant_id, owner, project_id, status, priority desc, due_order, id) where deleted_at is null;

create table production_note (
  tenant_id int not null references tenant,
  owner text not null,
  id text not null check (char_length(id) between 1 and 128),
  project_id uuid not null,
  title text not null check (char_length(title) between 1 and 200),
  content text not null check (char_length(content) <= 100000),
  shot_id text,
  task_id text,
  created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, updated_by text not null, version int not null,
  deleted_at timestamptz, deleted_by text,
  primary key (tenant_id, owner, id),
  foreign key (tenant_id, owner, project_id) references production_project on delete cascade,
  foreign key (tenant_id, owner, shot_id) references production_shot on delete set null (shot_id),
  foreign key (tenant_id, owner, task_id) references production_task on delete set null (task_id)
);
create index production_note_changed on production_note (tenant_id, owner, project_id, updated_at desc, id) where deleted_at is null;
-- For the deletion of a shot or of a task, which leaves the notes about it.
create index production_note_shot on production_note (tenant_id, owner, shot_id) where shot_id is not null;
create index production_note_task on production_note (tenant_id, owner, task_id) where task_id is not null;

-- The catalogue of gear belongs to no tenant: everybody reads it, and an operator writes it.
create table gear_brand (
  id uuid primary key default gen_random_uuid(),
  name text not null unique check (char_length(name) between 1 and 200)
);
create table gear_category (
  id uuid primary key default gen_random_uuid(),
  name text not null check (char_length(name) between 1 and 200),
  slug text not null unique check (char_length(slug) between 1 and 200)
);
create table gear_item (
  id uuid primary key default gen_random_uuid(),
  brand_id uuid not null references gear_brand,
  category_id uuid not null references gear_category,
  name text not null check (char_length(name) between 1 and 200),
  specs jsonb not null default '{}' check (jsonb_typeof(specs) = 'object' and octet_length(specs::text) <= 16384),
  unique (brand_id, name)
);
create index gear_item_listing on gear_item (category_id, brand_id, id);
alter table production_gear add foreign key (catalog_item_id) references gear_item on delete set null;
create index production_gear_item on production_gear (catalog_item_id) where catalog_item_id is not null;

-- A project is of one owner, and an owner of one tenant. Without this the planner multiplies the three shares, takes a project of 10,000 rows for one of
-- one row, and may choose the primary key and a sort instead of the index of the order.
create statistics production_shot_scope (dependencies) on tenant_id, owner, project_id from production_shot;
create statistics production_task_scope (dependencies) on tenant_id, owner, project_id from production_task;
create statistics production_note_scope (dependencies) on tenant_id, owner, project_id from production_note;

do $$
declare
  one text;
  -- How many rows a tenant may have, unless tenant_quota says otherwise.
  most constant jsonb := '{"project": 10000, "gear": 200000, "shot": 1000000, "task": 1000000, "note": 50000}';
begin
  foreach one in array array['project', 'gear', 'shot', 'task', 'note'] loop
    execute format('create trigger count_added after insert on production_%s referencing new table as changed
      for each statement execute function count_changed(%L, '''')', one, most ->> one);
    execute format('create trigger count_removed after delete on production_%s referencing old table as changed
      for each statement execute function count_changed()', one);
    execute format('create trigger stamp before insert or update on production_%s for each row execute function stamp_row()', one);
    -- For retention, which removes rows some time after they were deleted.
    execute format('create index production_%1$s_deleted on production_%1$s (deleted_at) where deleted_at is not null', one);
    execute format('alter table production_%s enable row level security', one);
    execute format('alter table production_%s force row level security', one);
    execute format('create policy tenant_isolation on production_%s
      using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::int))', one);
    -- A user's own token sees and writes the rows of its user alone. Without a subject the caller is a key, which acts for the users of its tenant.
    -- A CASE, because the planner takes it for half of the rows: it took `owner = coalesce(…, owner)` for one of 200, and sorted what an index has in order.
    execute format('create policy owner_isolation on production_%s as restrictive
      using (case when (select nullif(current_setting(''app.subject'', true), '''')) is null then true
        else owner = (select current_setting(''app.subject'', true)) end)', one);
  end loop;
end
$$;
