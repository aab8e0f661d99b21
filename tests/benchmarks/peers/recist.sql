-- RECIST 1.1 from the sizes of lesions.sql: sums, nadir, target, non-target and overall response of each visit.
-- Left out: nothing of the default rules. A node is normal below 10 mm.

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

create or replace temp macro is_normal(is_node, tenths) as case when is_node then tenths < 100 else tenths = 0 end;

create or replace temp table roles as
select base_visit, lesion_id, is_target and has_sum as is_target,
  is_seen and not (is_sized and is_normal(is_node, tenths)) as is_disease
from lesion_sizes join baselines on visit = base_visit;

create or replace temp table read_visits as
select v.*, baseline_date, n_targets, baseline, base_visit
from visits v join baselines b on b.pid = v.pid and b.line_no = v.line_no;

-- what counts at a visit; a size after a local treatment is no measure of response, but the lesion is seen

create or replace temp table assessed as
with seen as (
  select visit, sum(tenths) filter (r.is_target) as tenths, count(*) filter (r.is_target and is_measure) as n_measured,
    coalesce(bool_or(r.is_target and is_measure and not l.is_gone), false) as is_left,
    coalesce(bool_or(r.is_target and tenths > 0 and not is_node), false) as is_back,
    coalesce(bool_or(r.lesion_id is null and l.is_target and is_seen), false) as has_stray,
    count(*) filter (not r.is_target and l.is_gone) as n_others_gone,
    coalesce(bool_or(not r.is_target and not l.is_gone and (is_seen or not is_unknown)), false) as is_other_left,
    min(date) filter (r.lesion_id is null and is_called_new and is_seen) as new_day
  from (select *, is_sized and not is_unknown as is_measure, is_measure and is_normal(is_node, tenths) as is_gone
      from lesion_sizes) l
    join (select visit, base_visit from read_visits) v using (visit)
    left join roles r on r.base_visit = v.base_visit and r.lesion_id = l.lesion_id
  group by visit
), others as (
  select base_visit, count(*) filter (not is_target) as n_others,
    bool_or(is_target and is_disease) as were_diseased, bool_or(is_disease) as may_respond
  from roles group by base_visit
)
select v.*, coalesce(s.tenths, 0) as tenths,
  coalesce(n_measured, 0) as n_measured, coalesce(is_back, false) as is_back,
  coalesce(n_measured = n_targets and n_targets > 0 and not has_stray, false) as is_complete,
  is_complete and not is_left as is_gone, case when s.visit is null then 0 else n_others end as n_others,
  n_others_gone, is_other_left, were_diseased, may_respond,
  least(v.new_day, s.new_day) as first_new
from read_visits v left join others using (base_visit) left join seen s using (visit)
where s.visit is not null or is_described or v.new_day is not null;

create or replace temp table recist as
with followed as (
  select *, least(baseline, min(tenths) filter (is_complete) over before) as nadir,
    coalesce(bool_or(is_gone) over before, false) as was_gone
  from assessed
  window before as (partition by pid, line_no order by visit rows between unbounded preceding and 1 preceding)
), answered as (
  select *, case when n_targets = 0 then 'NA' when is_gone then if(were_diseased, 'CR', 'NON_CR_NON_PD')
      when 100 * tenths >= 120 * nadir and tenths - nadir >= 50 then 'PD'
      when is_back and (was_gone or nadir = 0) then 'PD'
      when not is_complete then 'NE' when 100 * tenths <= 70 * baseline then 'PR' else 'SD' end as target,
    case said when 1 then 'PD' when 2 then 'NON_CR_NON_PD' when 3 then 'NE' when 4 then 'CR'
      else case when n_others = 0 then 'NA' when is_other_left then 'NON_CR_NON_PD'
        when n_others_gone = n_others then if(may_respond, 'CR', 'NON_CR_NON_PD') else 'NE' end end as non_target
  from followed
), overall as (
  select *, case when target = 'PD' or non_target = 'PD' or first_new is not null then 'PD'
      when target = 'NA' then case when non_target = 'NA' then 'NE' else non_target end
      when target = 'NON_CR_NON_PD' and non_target <> 'NA' then non_target
      when target = 'CR' and non_target in ('CR', 'NA') then 'CR'
      when target in ('CR', 'PR') then 'PR' else target end as response
  from answered
)
select pid, line_no, case when response = 'PD' then least(first_new, worse_day,
    case when target = 'PD' then last_date end) else first_date end as date,
  first_date, last_date, 'RECIST_1_1' as criteria, n_targets, n_measured, is_complete, baseline_date,
  baseline / 10 as baseline_mm, case when n_measured > 0 then tenths / 10 end as sum_mm, nadir / 10 as nadir_mm,
  case when is_complete and baseline > 0 then (tenths / baseline - 1) * 100 end as change_pct,
  target, non_target, first_new is not null as has_new_lesion, response, is_inadequate, first.is_imputed as is_imputed,
  first.file as file, first.row as row
from overall;
