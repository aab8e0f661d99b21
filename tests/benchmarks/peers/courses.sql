-- Courses of treatment from treatments and cycles, and which of them make one line of therapy.
-- Left out: nothing of the default rules. Limits: 28 days for a combination, 91 for maintenance, 183 for a pause.

create or replace temp table category_facts as
from (values
  ('PRRT', 'PRRT', 1, false, true), ('chemotherapy', 'chemotherapy', 2, false, true),
  ('targeted', 'targeted', 3, false, true), ('immunotherapy', 'immunotherapy', 4, false, true),
  ('interferon', 'interferon', 5, false, true), ('SSA', 'SSA', 6, false, true),
  ('surgery_primary', 'surgery', 7, true, true), ('surgery_metastasis', 'surgery', 8, true, true),
  ('TAE', 'liver_directed', 9, true, true), ('TACE', 'liver_directed', 10, true, true),
  ('TARE_SIRT', 'liver_directed', 11, true, true), ('ablation', 'liver_directed', 12, true, true),
  ('EBRT', 'radiotherapy', 13, true, true), ('transplant', 'surgery', 14, true, true),
  ('bone_protecting', 'bone_protecting', 15, false, false), ('symptomatic', 'symptomatic', 16, false, false),
  ('other', 'other', 17, false, false)
) facts (category, treatment, rank, is_procedure, is_anticancer);

create or replace temp table anticancer as
select t.pid, t.patient_id, t.treatment_id, t.category, t.agent, t.line, t.start, t.start_lo, t.start_hi,
  t.start_precision, t."end", coalesce(t.ongoing = 'Y', false) as is_ongoing, t.stop_reason, t._file, t._row,
  f.treatment, f.rank, f.is_procedure,
  row_number() over (order by t.pid, t.start nulls last, t.treatment_id, t._file, t._row) as treatment_key
from 'treatments.parquet' t left join category_facts f using (category)
where coalesce(t.anticancer = 'Y',
  f.is_anticancer and not (t.category = 'EBRT' and coalesce(t.intent, '') = 'palliative'));

-- one row a treatment and stretch without a long pause; a cycle known only roughly comes after the one before it
create or replace temp table courses as
with dated as (
  select treatment_key, a.category, cycle_no, activity_gbq, c.date_lo, c.date_hi, c.date_precision,
    case when c.date_precision = 'D' then c.date else
      least(case when c.date is not null then max(c.date) over in_order end, coalesce(c.date_hi, c.date)) end as given
  from 'cycles.parquet' c join anticancer a using (pid, treatment_id)
  window in_order as (partition by treatment_key order by cycle_no rows unbounded preceding)
), paused as (
  select *, category = 'PRRT' and given - lag(given) over in_time > 183 as is_restart,
    row_number() over in_time as place
  from dated window in_time as (partition by treatment_key order by given, cycle_no)
), stretches as (
  select *, count(*) filter (is_restart) over (partition by treatment_key order by place) as course from paused
), given as (
  select treatment_key, course, count(*) as n_cycles,
    case when count(activity_gbq) = count(*) then sum(activity_gbq) end as activity,
    min(given) as first_given, max(given) as last_given,
    arg_min_null(date_lo, place) as first_lo, arg_min_null(date_hi, place) as first_hi,
    arg_min_null(date_precision, place) as first_precision
  from stretches group by treatment_key, course
), followed as (
  select *, course = max(course) over (partition by treatment_key) as is_last from given
), placed as (
  select a.* exclude (start, start_lo, start_hi, start_precision), f.course, coalesce(n_cycles, 0) as n_cycles,
    activity, last_given, category = 'PRRT' and first_given is not null as by_cycle,
    case when by_cycle then first_given else start end as start,
    case when by_cycle then first_lo else start_lo end as start_lo,
    case when by_cycle then first_hi else start_hi end as start_hi,
    case when by_cycle then first_precision else start_precision end as start_precision,
    coalesce(f.is_last, true) as is_last,
    case when category in ('PRRT', 'TAE', 'TACE', 'TARE_SIRT') then category
      else coalesce(agent, category) end as repeat_key
  from anticancer a left join followed f using (treatment_key)
), ended as (
  select * replace (
    case when is_ongoing then null when not is_last then last_given
      when is_procedure then greatest(start, "end", last_given) else greatest("end", last_given) end as "end")
  from placed
)
select * exclude (last_given, by_cycle, is_last), greatest(coalesce("end", date '9999-01-01'), start) as open_end
from ended;

-- which courses make one line: those with one typed number, combinations and restarts, SSA that joins no other line
create or replace temp table members as
with seeds as (
  select * exclude (joins), 1 as kind, count(*) filter (not joins) over earlier as number
  from (
    select *, coalesce((start - lag(start) over earlier <= 28 and start <= lag(open_end) over earlier)
      or (repeat_key = lag(repeat_key) over earlier and start - 183 <= lag(open_end) over earlier), false) as joins
    from courses where line is null and start is not null and category <> 'SSA'
    window earlier as (partition by pid order by start, rank, treatment_key)
  ) window earlier as (partition by pid order by start, rank, treatment_key rows unbounded preceding)
), spells as (
  select * exclude (goes_on), 3 as kind, count(*) filter (not goes_on) over earlier as number
  from (
    select *, coalesce(start - 183 <= max(open_end) over before, false) as goes_on
    from courses where line is null and start is not null and category = 'SSA'
    window before as (partition by pid order by start, treatment_key rows between unbounded preceding and 1 preceding)
  ) window earlier as (partition by pid order by start, treatment_key rows unbounded preceding)
), undated as (
  select *, 2 as kind, row_number() over (partition by pid order by treatment_key, course) as number
  from courses where line is null and start is null
), making as (
  select *, 0 as kind, line as number from courses where line is not null
  union all select * from seeds union all select * from undated
), partners as (
  select pid, min(start) as line_start, max(open_end) as line_end from making
  where start is not null and category <> 'SSA' and not is_procedure group by pid, kind, number
), joining as (
  select distinct s.pid, s.number
  from (select pid, number, min(start) as spell_start from spells group by pid, number) s
  join partners p on p.pid = s.pid and line_start <= spell_start + 28 and spell_start - 91 <= line_end
), chosen as (
  select *, (pid::bigint * 4 + kind) * 1000000 + number as line_id from making
  union all
  select spells.*, (pid::bigint * 4 + kind) * 1000000 + number as line_id
  from spells anti join joining using (pid, number)
)
select chosen.*, n_courses
from chosen join (select line_id, count(*) as n_courses from chosen group by line_id) using (line_id);
