-- Visits of scans that can measure, and the size of each lesion at each, in whole tenths of a millimetre.
-- Left out: nothing of the default rules. Limits: baseline 90 days before the start, a visit of one timepoint 28 days
-- long, too small to measure 5 mm.

-- scans that can measure, in visits: those of one day, or of one timepoint that follow each other within 28 days
create or replace temp table scans as
with dated as (
  select pid, imaging_id, date, non_target, coalesce(new_lesion = 'Y', false) as is_new,
    coalesce(adequate = 'N', false) as is_inadequate, date_precision <> 'D' as is_imputed,
    coalesce(date_hi, date) as date_hi, _file as file, _row as row, coalesce(tracer = '18F-FDG', false) as is_metabolic,
    row_number() over in_order as place, coalesce(pid = lag(pid) over in_order
      and (date = lag(date) over in_order
        or (timepoint = lag(timepoint) over in_order and date - lag(date) over in_order <= 28)), false) as goes_on
  from 'imaging.parquet'
  where date is not null and modality not in ('planar', 'SPECT', 'echo', 'endoscopy', 'post_therapy_scan')
  window in_order as (order by pid, date, imaging_id)
)
select * exclude (goes_on),
  max(case when not goes_on then place end) over of_patient::integer as visit
from dated window of_patient as (partition by pid order by place rows unbounded preceding);

-- each visit with the line in force on its first day, and the line that starts on that day or next
create or replace temp table visits as
with starts as (
  select pid, line_no, start_date, start_lo, start_hi, lag(start_date) over in_order as start_before,
    lead(start_date) over in_order as start_after
  from lines where start_date is not null window in_order as (partition by pid order by start_date, line_no)
), facts as (
  select visit, any_value(pid) as pid, min(date) as first_date, max(date) as last_date, count(*) as n_scans,
    bool_and(is_inadequate) as is_inadequate, bool_or(non_target is not null) as is_described,
    min(case non_target when 'PD' then 1 when 'NON_CR_NON_PD' then 2 when 'NE' then 3 when 'CR' then 4 end) as said,
    min(date) filter (is_new) as new_day, min(date) filter (non_target = 'PD') as worse_day,
    arg_min_null({is_imputed: is_imputed, file: file, row: row}, place) as first
  from scans group by visit
), placed as (
  select v.*, f.line_no, c.line_no as coming, c.start_date, c.start_lo, c.start_hi
  from facts v
    left join starts f on f.pid = v.pid and v.first_date > f.start_date
      and (f.start_after is null or v.first_date <= f.start_after)
    left join starts c on c.pid = v.pid and v.first_date <= c.start_date
      and (c.start_before is null or v.first_date > c.start_before)
), unclear as (
  select distinct visit from scans s join placed p using (visit)
  where s.is_imputed and s.date <= p.start_date and s.date_hi > coalesce(p.start_lo, p.start_date)
    and not coalesce(s.date = p.start_lo and s.date_hi = p.start_hi, false)
)
select * exclude (start_date, start_lo, start_hi),
  coalesce(start_date - first_date <= 90, false) and visit not in (from unclear) as is_near
from placed;

-- each lesion of a scan with its size, 0 where it has none; what takes up no glucose is not assessed, instead of gone
create or replace temp table readers as
select reader, row_number() over (order by coalesce(lower(reader) <> 'central', true), reader nulls first) as rank
from (select distinct reader from 'lesions.parquet');

create or replace temp table lesion_sizes as
with noted as (
  select s.visit, s.date, lesion_id, rank::tinyint as rank, coalesce(nodal = 'Y', false) as is_node,
    coalesce(role = 'new', false) as is_called_new, coalesce(role = 'target', false) as is_target,
    case when measured is null or measured = 'yes' then 0 when measured = 'too_small' then 1
      when measured = 'not_visible' then case when is_metabolic then 3 else 2 end
      when measured in ('not_assessed', 'not_evaluable') then 3
      when measured in ('excised', 'irradiated') then 4 end::tinyint as how,
    round_even(case when nodal = 'Y' then coalesce(short_mm, longest_mm) else longest_mm end * 10, 0)::integer as tenths
  from 'lesions.parquet' l join scans s using (pid, imaging_id)
    join readers r on r.reader is not distinct from l.reader
)
select visit, date, lesion_id, rank, is_node, is_called_new, is_target and how <> 4 as is_target, how <= 1 as is_seen,
  how >= 3 as is_unknown, how in (1, 2) or (how = 0 and tenths is not null) as is_sized, how = 4 as left_locally,
  case when how <= 1 then coalesce(tenths, case how when 1 then 50 end, 0) else 0 end as tenths
from noted;

-- one reader a visit: a central one, else the first by name
delete from lesion_sizes s
using (select visit, min(rank) as kept from lesion_sizes group by visit having min(rank) <> max(rank)) k
where s.visit = k.visit and s.rank <> k.kept;

-- after it was excised or irradiated in the line in force a lesion is not assessed, instead of smaller or gone; a size
-- that is still measured stays, to show growth and for the next line; a piece and what merged stand for the whole
create or replace temp table parents as
select distinct lesion_id, string_split(unnest(string_split(lesion_id, '+')), '/')[1] as parent
from (select distinct lesion_id from lesion_sizes);

create or replace temp table treated as
with first as (
  select pid, coalesce(line_no, -1 - visit) as in_line, parent, min(visit) as since
  from lesion_sizes join visits using (visit) join parents using (lesion_id) where left_locally group by all
)
select distinct v.visit, lesion_id
from first f join visits v on v.pid = f.pid and coalesce(v.line_no, -1 - v.visit) = f.in_line and v.visit >= since
  join parents using (parent);

update lesion_sizes s set is_target = s.is_target and s.is_seen, is_sized = s.is_sized and s.is_seen, is_unknown = true
from treated t where s.visit = t.visit and s.lesion_id = t.lesion_id;

-- of several scans of a visit the largest size; a merged lesion is its first parent, the others count 0; pieces add up
create or replace temp table apart as
select visit from visits where n_scans > 1
union select visit from lesion_sizes where contains(lesion_id, '+') or contains(lesion_id, '/');

create or replace temp table resolved as
with largest as (
  select *, contains(lesion_id, '+') or contains(lesion_id, '/') as is_compound
  from lesion_sizes semi join apart using (visit)
  qualify row_number() over (partition by visit, lesion_id order by case when is_sized then tenths end desc nulls last,
    date, is_seen desc, is_unknown, is_target, is_called_new) = 1
), spread as (
  select *, lesion_id as own_id, true as is_first from largest where not is_compound
  union all by name
  select * exclude (lesion_id, parent), lesion_id as own_id, parent = string_split(lesion_id, '+')[1] as is_first,
    string_split(parent, '/')[1] as lesion_id
  from (select *, unnest(string_split(lesion_id, '+')) as parent from largest where is_compound)
), counted as (
  select *, case when is_sized then if(is_first, tenths, 0) end as counted,
    row_number() over (partition by visit, lesion_id order by is_compound, own_id) as turn from spread
)
select visit, lesion_id, arg_min(date, turn) as date, bool_or(is_node) as is_node,
  bool_or(is_called_new) as is_called_new, bool_or(is_target) as is_target, bool_or(is_seen) as is_seen,
  bool_or(is_unknown) as is_unknown, count(counted) = count(*) as is_sized, coalesce(sum(counted), 0)::integer as tenths
from counted group by visit, lesion_id;

delete from lesion_sizes where visit in (from apart);

insert into lesion_sizes by name from resolved;
