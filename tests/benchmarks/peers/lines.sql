-- Lines of therapy from the members of courses.sql, with what was known of patient and tumour at their start.
-- Left out: nothing of the default rules. An SSA is maintenance up to 91 days after; grades by WHO 2019.

-- one row a line; an SSA beside another drug dates it only where it names it
create or replace temp table line_rows as
with ranked as (
  select *, row_number() over (partition by line_id order by rank, start nulls last, treatment_key) as place,
    first_value(treatment) over (partition by line_id order by rank, start nulls last, treatment_key) as of_line
  from members where n_courses > 1
), led as (
  select *, row_number() over (partition by line_id order by start nulls last, rank, treatment_key) as turn
  from ranked where category <> 'SSA' or of_line = 'SSA'
), dates as (
  select line_id, arg_min({
      start: start, start_lo: start_lo, start_hi: start_hi, start_precision: start_precision, file: _file, row: _row
    }, turn) as began,
    max(open_end) as open_end, case when count("end") = count(*) then max("end") end as end_date,
    bool_or(is_ongoing) as is_ongoing,
    arg_max_null(stop_reason, (open_end, stop_reason is not null, turn)) as stop_reason
  from led group by line_id
), sums as (
  select line_id, any_value(pid) as pid, any_value(patient_id) as patient_id, any_value(of_line) as treatment,
    any_value(case when kind = 0 then number end) as stated_no, bool_and(is_procedure) as is_procedure,
    min(treatment_key) as treatment_key, sum(n_cycles) as n_cycles,
    case when not bool_or(category = 'PRRT' and n_cycles > 0 and activity is null) then sum(activity) end as activity
  from ranked group by line_id
)
select line_id, pid, patient_id, treatment, case when kind = 0 then number end as stated_no, is_procedure,
  treatment_key, n_cycles, round(activity, 6) as cumulative_activity_gbq, start, start_lo, start_hi, start_precision,
  _file as file, _row as row, open_end, "end" as end_date, is_ongoing, stop_reason
from members where n_courses = 1
union all
select line_id, pid, patient_id, treatment, stated_no, is_procedure, treatment_key, n_cycles, round(activity, 6),
  began.start, began.start_lo, began.start_hi, began.start_precision, began.file, began.row, open_end, end_date,
  is_ongoing, stop_reason
from sums join dates using (line_id);

create or replace temp table numbered as
select *, case when count(stated_no) over of_patient = count(*) over of_patient then stated_no
    else row_number() over in_order end as line_no,
  lead(start) over in_order as next_line_date
from line_rows
window of_patient as (partition by pid),
  in_order as (partition by pid order by start nulls last, stated_no nulls last, treatment_key);

-- the treatments of each line, with the SSA given during it or as its maintenance
create or replace temp table parts as
with listed as (
  select line_id, treatment_key from members
  union
  select l.line_id, c.treatment_key
  from numbered l join courses c on c.pid = l.pid and c.category = 'SSA' and l.treatment <> 'SSA'
    and c.start - case when l.is_procedure then 0 else 91 end <= l.open_end
    and (l.next_line_date is null or c.start < l.next_line_date) and c.open_end >= l.start
), named as (
  select line_id, treatment_key, treatment_id, coalesce(agent, category) as agent,
    category = 'SSA' and l.treatment <> 'SSA' as is_added_ssa
  from listed join anticancer using (treatment_key) join numbered l using (line_id)
), several as (
  select line_id from listed group by line_id having count(*) > 1
)
select line_id, agent as agents, [treatment_id] as treatment_ids, is_added_ssa as has_concurrent_ssa
from named anti join several using (line_id)
union all
select line_id, array_to_string(list_sort(list_distinct(list(agent))), ' + '),
  list(treatment_id order by treatment_key), bool_or(is_added_ssa)
from named semi join several using (line_id) group by line_id;

-- what was known at the start: a fact whose possible days all lie after it is not used
create or replace temp table tumours as
select line_id,
  arg_max(grade, (coalesce(diagnosis_date, date '0001-01-01'), diagnosis_no)) filter (is_known) as grade,
  coalesce(arg_max(primary_site, (coalesce(diagnosis_date, date '0001-01-01'), diagnosis_no)) filter (is_known),
    arg_min(primary_site, (coalesce(diagnosis_date, date '0001-01-01'), diagnosis_no))) as primary_site,
  coalesce(arg_max(histology, (coalesce(diagnosis_date, date '0001-01-01'), diagnosis_no)) filter (is_known),
    arg_min(histology, (coalesce(diagnosis_date, date '0001-01-01'), diagnosis_no))) as histology
from (
  select *, coalesce(diagnosis_date_lo <= start, true) as is_known
  from numbered join 'diagnoses.parquet' using (pid)
)
group by line_id;

create or replace temp table proliferation as
with counted as (
  select pid, ki67_pct, coalesce(ki67_date, diagnosis_date) as seen,
    coalesce(ki67_date_lo, diagnosis_date_lo) as seen_lo, 0 as turn from 'diagnoses.parquet'
  union all select pid, ki67_pct, date, date_lo, 1 from 'pathology.parquet'
)
select line_id, arg_max(ki67_pct, (coalesce(seen, date '0001-01-01'), turn, ki67_pct)) as ki67_pct
from numbered join counted using (pid) where ki67_pct is not null and coalesce(seen_lo <= start, true) group by line_id;

create or replace temp table grades as
with graded as (
  select pid, date, date_lo, specimen_no, greatest(
      case when ki67_pct > 20 then 3 when ki67_pct >= 3 then 2 when ki67_pct is not null then 1 end,
      case when mitoses > 20 then 3 when mitoses >= 2 then 2 when mitoses is not null then 1 end) as grade
  from 'pathology.parquet' where differentiation = 'well'
)
select line_id, arg_max('G' || grade, (coalesce(date, date '0001-01-01'), specimen_no)) as grade_computed
from numbered join graded using (pid) where grade is not null and coalesce(date_lo <= start, true) group by line_id;

create or replace temp table lines as
select l.pid, l.line_no::integer as line_no, l.patient_id, l.treatment, agents, treatment_ids, l.start as start_date,
  start_lo, start_hi, start_precision, end_date, is_ongoing, stop_reason, n_cycles, cumulative_activity_gbq,
  has_concurrent_ssa, next_line_date, l.line_no::integer - 1 as prior_lines,
  (l.start - coalesce(birth_date, make_date(birth_year, 7, 1))) / 365.25 as age_years, sex, p.site, primary_site,
  histology, grade, case when primary_site in ('lung', 'thymus') then null else grade_computed end as grade_computed,
  ki67_pct, consent_to_research, l.file, l.row
from numbered l join parts using (line_id) left join 'patients.parquet' p using (pid)
  left join tumours using (line_id) left join proliferation using (line_id) left join grades using (line_id);
