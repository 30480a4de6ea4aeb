-- What the migrations make, for reading and review; written by "npm run schema", checked by
-- test/store/schema.test.ts. Nothing is built from it.

create table api_keys (
  id text primary key,
  handle text not null unique,
  user_id integer not null references users (user_id),
  name text not null,
  scopes text not null,
  secret_hash text not null,
  previous_hash text,
  previous_until_ms integer,
  requests_per_hour integer,
  bandwidth_per_hour integer,
  created_at text not null,
  expires_at text,
  revoked_at text,
  last_used_at text
) strict, without rowid;

create table audit_log (
  seq integer primary key,
  at text not null,
  actor text not null,
  action text not null,
  user_id integer,
  address text,
  request_id text,
  outcome text not null,
  detail text not null default '{}',
  previous_hash text not null,
  hash text not null
) strict;

create table days (
  user_id integer not null,
  metric_id integer not null,
  local_day integer not null,
  total real,
  avg real,
  min real,
  max real,
  last real,
  avg2 real,
  min2 real,
  max2 real,
  last2 real,
  last_ms integer,
  point_count integer not null,
  series text not null,
  primary key (user_id, metric_id, local_day)
) strict, without rowid;

create table dirty_days (
  user_id integer not null,
  metric_id integer not null,
  local_day integer not null,
  primary key (user_id, metric_id, local_day)
) strict, without rowid;

create table ecg_records (
  ecg_id integer primary key,
  user_id integer not null,
  start_ms integer not null,
  source_key text not null,
  id text not null,
  end_ms integer,
  offset_min integer not null,
  first_ms integer not null,
  classification text,
  classification_text text,
  severity text,
  average_heart_rate real,
  sampling_frequency_hz real,
  source text,
  voltage_count integer not null,
  voltages blob not null,
  detail text not null,
  arrival integer not null,
  position integer not null,
  unique (user_id, start_ms, source_key)
) strict;

create table event_records (
  user_id integer not null,
  type text not null,
  key text not null,
  id text not null,
  name text not null,
  start_ms integer not null,
  end_ms integer,
  offset_min integer not null,
  first_ms integer not null,
  value text,
  quantity real,
  source text,
  detail text not null,
  arrival integer not null,
  position integer not null,
  primary key (user_id, type, key)
) strict, without rowid;

create table grouped_points (
  user_id integer not null,
  metric_id integer not null,
  variant_id integer not null,
  grouping integer not null,
  start integer not null,
  value real,
  value2 real,
  value3 real,
  lower_bound real,
  source_id integer not null,
  offset_min integer not null,
  first_ms integer not null,
  arrival integer not null,
  primary key (user_id, metric_id, variant_id, grouping, start)
) strict, without rowid;

create table ingestions (
  arrival integer primary key,
  id text not null unique,
  user_id integer not null references users (user_id),
  key_id text,
  sha256 blob not null,
  content_type text,
  headers text not null default '{}',
  via text not null default 'http',
  file_name text,
  request_id text,
  body_bytes integer not null,
  wire_bytes integer not null,
  status text not null default 'pending'
    check (status in ('pending', 'processing', 'processed', 'partial', 'rejected', 'failed')),
  lease_owner text,
  lease_until_ms integer,
  attempts integer not null default 0,
  not_before_ms integer not null default 0,
  problem_code text,
  problem_detail text,
  processed_ms integer,
  processing_time_ms integer,
  outcome text
) strict;

create table metric_definitions (
  metric_id integer primary key,
  name text not null unique,
  display_name text not null,
  category text not null,
  kind text not null,
  aggregation text not null,
  unit text,
  healthkit_type text,
  is_logged integer not null,
  range_min real,
  range_max real,
  range_per text,
  is_registered integer not null
) strict;

create table night_records (
  user_id integer not null,
  end_ms integer not null,
  source_key_id integer not null,
  start_ms integer not null,
  in_bed_start_ms integer,
  in_bed_end_ms integer,
  total_min real not null,
  core_min real,
  deep_min real,
  rem_min real,
  asleep_min real,
  awake_min real,
  in_bed_min real,
  source_id integer not null,
  offset_min integer not null,
  first_ms integer not null,
  arrival integer not null,
  position integer not null,
  primary key (user_id, end_ms, source_key_id)
) strict, without rowid;

create table nights (
  user_id integer not null,
  end_ms integer not null,
  source_key_id integer not null,
  id text not null,
  start_ms integer not null,
  in_bed_start_ms integer,
  in_bed_end_ms integer,
  total_min real not null,
  core_min real,
  deep_min real,
  rem_min real,
  asleep_min real,
  awake_min real,
  in_bed_min real,
  source_id integer not null,
  offset_min integer not null,
  local_day integer not null,
  origin text not null,
  primary key (user_id, end_ms, source_key_id)
) strict, without rowid;

create table rejected_items (
  arrival integer not null,
  position integer not null,
  item_type text not null,
  metric text,
  item_index integer not null,
  error text not null,
  field text,
  message text not null,
  item text,
  primary key (arrival, position)
) strict, without rowid;

create table samples (
  user_id integer not null,
  metric_id integer not null,
  variant_id integer not null,
  start integer not null,
  end integer not null,
  source_key_id integer not null,
  value real not null,
  value2 real not null,
  value3 real not null,
  nth integer not null,
  source_id integer not null,
  offset_min integer not null,
  first_ms integer not null,
  arrival integer not null,
  primary key (user_id, metric_id, variant_id, start, end, source_key_id, value, value2, value3, nth)
) strict, without rowid;

create table schema_migrations (version integer primary key, name text not null, checksum text not null, applied_at text not null) strict;

create table segment_records (
  user_id integer not null,
  start_ms integer not null,
  stage integer not null,
  source_key_id integer not null,
  end_ms integer not null,
  source_id integer not null,
  offset_min integer not null,
  first_ms integer not null,
  arrival integer not null,
  position integer not null,
  is_visible integer not null default 1,
  primary key (user_id, start_ms, stage, source_key_id)
) strict, without rowid;

create table sources (
  source_id integer primary key,
  user_id integer not null,
  name text not null,
  unique (user_id, name)
) strict;

create table store_settings (
  name text primary key,
  value text not null
) strict, without rowid;

create table users (
  user_id integer primary key,
  id text not null unique,
  name text not null unique collate nocase,
  email text,
  time_zone text not null,
  source_order text not null default '[]',
  created_at text not null
) strict;

create table variants (
  variant_id integer primary key,
  name text not null unique
) strict;

create table visible_workouts (
  user_id integer not null,
  start_ms integer not null,
  id text not null,
  key text not null,
  joined_key text,
  end_ms integer not null,
  offset_min integer not null,
  local_day integer not null,
  name text,
  type text not null,
  duration_s real,
  distance_km real,
  energy_kcal real,
  avg_heart_rate real,
  max_heart_rate real,
  source text,
  scalars text not null,
  primary key (user_id, start_ms, id)
) strict, without rowid;

create table workout_records (
  user_id integer not null,
  key text not null,
  hae_id text,
  start_ms integer not null,
  end_ms integer not null,
  offset_min integer not null,
  first_ms integer not null,
  scalars text not null,
  arrival integer not null,
  position integer not null,
  primary key (user_id, key)
) strict, without rowid;

create table workout_series (
  series_id integer primary key,
  user_id integer not null,
  key text not null,
  name text not null,
  unit text not null,
  inside_count integer not null,
  point_count integer not null,
  points text not null,
  arrival integer not null,
  position integer not null,
  unique (user_id, key, name)
) strict;

create table workout_tracks (
  track_id integer primary key,
  user_id integer not null,
  key text not null,
  inside_count integer not null,
  point_count integer not null,
  west real not null,
  south real not null,
  east real not null,
  north real not null,
  points blob not null,
  arrival integer not null,
  position integer not null,
  unique (user_id, key)
) strict;

create index ecg_records_by_id on ecg_records (user_id, id);

create index event_records_by_id on event_records (user_id, id);

create index event_records_by_time on event_records (user_id, start_ms, type, key);

create index ingestions_by_bytes on ingestions (user_id, sha256);

create index ingestions_by_user on ingestions (user_id, arrival);

create index ingestions_in_work on ingestions (status, not_before_ms) where status in ('pending', 'processing');

create index nights_by_day on nights (user_id, local_day);

create unique index visible_workouts_by_id on visible_workouts (user_id, id);

create index visible_workouts_by_key on visible_workouts (user_id, key);

create index workout_records_by_time on workout_records (user_id, start_ms, end_ms);

create view activity_metrics as
select user, metric, time, end, local_date, offset_min, grouping, variant, value, unit, source, ingestion_id, received_at
from readable_points where kind = 'cumulative';

create view blood_pressure_metrics as
select user, time, end, local_date, offset_min, grouping, value as systolic, value2 as diastolic, unit, source,
  ingestion_id, received_at
from readable_points where metric = 'blood_pressure';

create view daily_summaries as
select u.name as user, m.name as metric, strftime('%Y-%m-%d', d.local_day * 86400, 'unixepoch') as local_date,
  d.total, d.avg, d.min, d.max, d.last, d.avg2, d.min2, d.max2, d.last2,
  strftime('%Y-%m-%dT%H:%M:%fZ', d.last_ms / 1000.0, 'unixepoch') as last_at, d.point_count, d.series, m.unit
from days d join users u using (user_id) join metric_definitions m using (metric_id);

create view ecg_recordings as
select u.name as user, e.id,
  strftime('%Y-%m-%dT%H:%M:%fZ', e.start_ms / 1000.0, 'unixepoch') as start,
  strftime('%Y-%m-%dT%H:%M:%fZ', e.end_ms / 1000.0, 'unixepoch') as end,
  e.classification, e.severity, e.average_heart_rate, e.sampling_frequency_hz, e.voltage_count, e.source
from ecg_records e join users u using (user_id);

create view events as
select u.name as user, e.id, e.type, e.name,
  strftime('%Y-%m-%dT%H:%M:%fZ', e.start_ms / 1000.0, 'unixepoch') as start,
  strftime('%Y-%m-%dT%H:%M:%fZ', e.end_ms / 1000.0, 'unixepoch') as end,
  e.value, e.quantity, e.source, e.detail
from event_records e join users u using (user_id);

create view heart_rate_metrics as
select user, time, end, local_date, offset_min, grouping, value2 as min, value as avg, value3 as max, unit, source,
  ingestion_id, received_at
from readable_points where metric = 'heart_rate';

create view quantity_metrics as
select user, metric, time, end, local_date, offset_min, grouping,
  case when is_registered then variant else '' end as variant, value, value2 as min, value3 as max, unit, source,
  ingestion_id, received_at
from readable_points where kind <> 'cumulative' and metric not in ('heart_rate', 'blood_pressure');

create view raw_ingestions as
select i.id, u.name as user, i.status, strftime('%Y-%m-%dT%H:%M:%fZ', i.arrival / 1000000.0, 'unixepoch') as received_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', i.processed_ms / 1000.0, 'unixepoch') as processed_at, i.processing_time_ms,
  i.attempts, i.via, i.file_name, i.content_type, i.headers, i.body_bytes, i.wire_bytes, lower(hex(i.sha256)) as sha256,
  i.problem_code, i.problem_detail, i.request_id,
  strftime('%Y-%m', i.arrival / 1000000.0, 'unixepoch') as month
from ingestions i join users u using (user_id);

create view readable_points as
select u.name as user, m.name as metric, m.kind, m.is_registered,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.start_ms / 1000.0, 'unixepoch') as time,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.end_ms / 1000.0, 'unixepoch') as end,
  -- Measured through a night, the wrist's temperature belongs to the morning.
  strftime('%Y-%m-%d', (case when m.name = 'apple_sleeping_wrist_temperature' then coalesce(p.end_ms, p.start_ms)
    else p.start_ms end + p.offset_min * 60000) / 1000.0, 'unixepoch') as local_date,
  p.offset_min,
  case p.grouping when 0 then 'raw' when 1 then 'second' when 2 then 'minute' when 3 then 'hour' when 4 then 'day'
    when 5 then 'week' when 6 then 'month' else 'year' end as grouping,
  v.name as variant, p.value, p.value2, p.value3, coalesce(m.unit, v.name) as unit, s.name as source,
  i.id as ingestion_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.arrival / 1000000.0, 'unixepoch') as received_at
from stored_points p
join users u using (user_id)
join metric_definitions m using (metric_id)
join variants v using (variant_id)
left join sources s on s.source_id = p.source_id
left join ingestions i on i.arrival = p.arrival;

create view sleep_metrics as
select u.name as user, n.id, strftime('%Y-%m-%d', n.local_day * 86400, 'unixepoch') as local_date,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.start_ms / 1000.0, 'unixepoch') as start,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.end_ms / 1000.0, 'unixepoch') as end,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.in_bed_start_ms / 1000.0, 'unixepoch') as in_bed_start,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.in_bed_end_ms / 1000.0, 'unixepoch') as in_bed_end,
  n.total_min, n.core_min, n.deep_min, n.rem_min, n.asleep_min, n.awake_min, n.in_bed_min, n.origin, s.name as source
from nights n join users u using (user_id) left join sources s on s.source_id = n.source_id;

create view sleep_stages as
select u.name as user,
  strftime('%Y-%m-%dT%H:%M:%fZ', g.start_ms / 1000.0, 'unixepoch') as start,
  strftime('%Y-%m-%dT%H:%M:%fZ', g.end_ms / 1000.0, 'unixepoch') as end,
  case g.stage when 0 then 'in_bed' when 1 then 'asleep' when 2 then 'core' when 3 then 'deep' when 4 then 'rem'
    when 5 then 'awake' else 'unknown' end as stage,
  s.name as source
from segment_records g join users u using (user_id) left join sources s on s.source_id = g.source_id
where g.is_visible;

create view stored_points as
select p.user_id, p.metric_id, p.variant_id, p.grouping,
  case when p.grouping >= 4 then p.start * 86400000 - p.offset_min * 60000 else p.start end as start_ms,
  null as end_ms,
  case when p.lower_bound is not null and (p.value is null or p.lower_bound > p.value)
    then p.lower_bound else p.value end as value,
  p.value2, p.value3, p.source_id, p.offset_min, p.arrival
from grouped_points p
union all
select s.user_id, s.metric_id, s.variant_id, 0, s.start, nullif(s.end, s.start), s.value,
  case when m.name in ('heart_rate', 'blood_pressure') or s.value2 <> 0 or s.value3 <> 0 then s.value2 end,
  case when m.name = 'heart_rate' or s.value3 <> 0 then s.value3 end,
  s.source_id, s.offset_min, s.arrival
from samples s join metric_definitions m using (metric_id);

create view workout_routes as
select u.name as user, w.id as workout_id, t.point_count, t.west, t.south, t.east, t.north
from visible_workouts w join users u using (user_id)
join workout_tracks t on t.user_id = w.user_id and t.key in (w.key, w.joined_key)
where t.track_id = (
  select b.track_id from workout_tracks b where b.user_id = w.user_id and b.key in (w.key, w.joined_key)
  order by b.inside_count desc, b.arrival desc, b.position desc limit 1);

create view workout_samples as
select u.name as user, w.id as workout_id, s.name as series,
  strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.value, '$[0]') / 1000.0, 'unixepoch') as time,
  json_extract(e.value, '$[1]') as value, json_extract(e.value, '$[2]') as min, json_extract(e.value, '$[3]') as max,
  s.unit
from visible_workouts w join users u using (user_id)
join workout_series s on s.user_id = w.user_id and s.key in (w.key, w.joined_key), json_each(s.points) e
where s.series_id = (
  select b.series_id from workout_series b
  where b.user_id = w.user_id and b.key in (w.key, w.joined_key) and b.name = s.name
  order by b.inside_count desc, b.arrival desc, b.position desc limit 1);

create view workouts as
select u.name as user, w.id, w.name, w.type,
  strftime('%Y-%m-%dT%H:%M:%fZ', w.start_ms / 1000.0, 'unixepoch') as start,
  strftime('%Y-%m-%dT%H:%M:%fZ', w.end_ms / 1000.0, 'unixepoch') as end,
  strftime('%Y-%m-%d', w.local_day * 86400, 'unixepoch') as local_date,
  w.duration_s, w.distance_km, w.energy_kcal, w.avg_heart_rate, w.max_heart_rate, w.source, w.scalars
from visible_workouts w join users u using (user_id);
