-- RECIST 1.1 from lesions: the visits of each line with sums, nadir, target, non-target and overall response.
-- Left out: nothing of the default rules. Sizes are whole tenths of a millimetre. Limits: baseline 90 days before the
-- start, a visit of one timepoint 28 days long, a node normal below 10 mm, too small to measure 5 mm.

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

-- what is not seen after it was excised or irradiated in the line in force is not assessed, instead of gone
create or replace temp table treated as
with first as (
  select pid, coalesce(line_no, -1 - visit) as in_line, lesion_id, min(visit) as since
  from lesion_sizes join visits using (visit) where left_locally group by all
)
select v.visit, lesion_id
from first f join visits v on v.pid = f.pid and coalesce(v.line_no, -1 - v.visit) = f.in_line and v.visit >= since;

update lesion_sizes s set is_target = false, is_sized = false, is_unknown = true
from treated t where s.visit = t.visit and s.lesion_id = t.lesion_id and not s.is_seen;

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
  select *, case when not is_first then 0 when is_sized then tenths end as counted,
    row_number() over (partition by visit, lesion_id order by is_compound, own_id) as turn from spread
)
select visit, lesion_id, arg_min({date: date, is_node: is_node, is_called_new: is_called_new, is_target: is_target,
    is_seen: is_seen, is_unknown: is_unknown}, turn) as told,
  count(counted) = count(*) as is_sized, coalesce(sum(counted), 0)::integer as tenths
from counted group by visit, lesion_id;

delete from lesion_sizes where visit in (from apart);

insert into lesion_sizes by name
select visit, lesion_id, is_sized, tenths, told.date, told.is_node, told.is_called_new, told.is_target, told.is_seen,
  told.is_unknown from resolved;

-- the baseline: the last visit with every target measured, else the last with a lesion
create or replace temp table baselines as
with near as (
  select visit, count(*) filter (is_target) as n_targets, count(*) filter (is_target and not is_sized) as n_unsized,
    sum(tenths) filter (is_target) as tenths
  from lesion_sizes where visit in (select visit from visits where is_near) group by visit
)
select pid, coming as line_no, first_date as baseline_date, visit as base_visit,
  n_targets > 0 and n_unsized = 0 as has_sum,
  case when has_sum then n_targets else 0 end as n_targets, case when has_sum then tenths end as baseline
from near join visits using (visit)
qualify row_number() over (partition by pid, coming order by has_sum desc, visit desc) = 1;

create or replace temp table roles as
select base_visit, lesion_id, is_target and has_sum as is_target from lesion_sizes join baselines on visit = base_visit;

create or replace temp table read_visits as
select v.*, baseline_date, n_targets, baseline, base_visit
from visits v join baselines b on b.pid = v.pid and b.line_no = v.line_no;

create or replace temp table assessed as
with seen as (
  select visit, sum(tenths) filter (r.is_target) as tenths, count(*) filter (r.is_target and is_sized) as n_measured,
    coalesce(bool_or(r.is_target and is_sized and not is_gone), false) as is_left,
    coalesce(bool_or(r.is_target and tenths > 0 and not is_node), false) as is_back,
    coalesce(bool_or(r.lesion_id is null and l.is_target and is_seen), false) as has_stray,
    count(*) filter (not r.is_target and is_gone) as n_others_gone,
    coalesce(bool_or(not r.is_target and not is_gone and not is_unknown), false) as is_other_left,
    min(date) filter (r.lesion_id is null and is_called_new and is_seen) as new_day
  from (select *, is_sized and case when is_node then tenths < 100 else tenths = 0 end as is_gone from lesion_sizes) l
    join (select visit, base_visit from read_visits) v using (visit)
    left join roles r on r.base_visit = v.base_visit and r.lesion_id = l.lesion_id
  group by visit
), others as (
  select base_visit, count(*) filter (not is_target) as n_others from roles group by base_visit
)
select v.*, coalesce(s.tenths, 0) as tenths,
  coalesce(n_measured, 0) as n_measured, coalesce(is_back, false) as is_back,
  coalesce(n_measured = n_targets and n_targets > 0 and not has_stray, false) as is_complete,
  is_complete and not is_left as is_gone, case when s.visit is null then 0 else n_others end as n_others,
  n_others_gone, is_other_left, least(v.new_day, s.new_day) as first_new
from read_visits v left join others using (base_visit) left join seen s using (visit)
where s.visit is not null or is_described or v.new_day is not null;

create or replace temp table recist as
with followed as (
  select *, least(baseline, min(tenths) filter (is_complete) over before) as nadir,
    coalesce(bool_or(is_gone) over before, false) as was_gone
  from assessed
  window before as (partition by pid, line_no order by visit rows between unbounded preceding and 1 preceding)
), answered as (
  select *, case when n_targets = 0 then 'NA' when is_gone then 'CR'
      when 100 * tenths >= 120 * nadir and tenths - nadir >= 50 then 'PD'
      when is_back and (was_gone or nadir = 0) then 'PD'
      when not is_complete then 'NE' when 100 * tenths <= 70 * baseline then 'PR' else 'SD' end as target,
    case said when 1 then 'PD' when 2 then 'NON_CR_NON_PD' when 3 then 'NE' when 4 then 'CR'
      else case when n_others = 0 then 'NA' when is_other_left then 'NON_CR_NON_PD'
        when n_others_gone = n_others then 'CR' else 'NE' end end as non_target
  from followed
), overall as (
  select *, case when target = 'PD' or non_target = 'PD' or first_new is not null then 'PD'
      when target = 'NA' then case when non_target = 'NA' then 'NE' else non_target end
      when target = 'CR' and non_target in ('CR', 'NA') then 'CR'
      when target in ('CR', 'PR') then 'PR' else target end as response
  from answered
)
select pid, line_no, case when response = 'PD' then least(first_new, worse_day,
    case when target = 'PD' then last_date end) else first_date end as date,
  first_date, last_date, 'RECIST_1_1' as criteria, n_targets, n_measured, is_complete, baseline_date,
  baseline / 10 as baseline_mm, case when n_measured > 0 then tenths / 10 end as sum_mm, nadir / 10 as nadir_mm,
  case when is_complete then (tenths / baseline - 1) * 100 end as change_pct,
  target, non_target, first_new is not null as has_new_lesion, response, is_inadequate, first.is_imputed as is_imputed,
  first.file as file, first.row as row
from overall;
