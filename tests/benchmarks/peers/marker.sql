-- Chromogranin A: every value read against its lines, the baseline of each series, and the response by a 50 % fall.
-- Left out: nothing of the default rules. Limits: baseline window 90 days, PPI washed out after 14, eGFR below 30 not
-- older than 90 days, confirmed after 21. A tie in the 13th digit counts as equal.

-- spells as running reach: the last spell begun by a day says whether any spell still holds it
create or replace temp table ppi_spells as
select pid, start as begins,
  max(coalesce("end" + 14, date '9999-01-01')) over (partition by pid order by start) as reach
from 'concomitants.parquet' where kind = 'PPI' and start is not null
qualify row_number() over (partition by pid, start) = 1;

create or replace temp table gastritis_spells as
select pid, coalesce(start_lo, date '0001-01-01') as begins,
  max(coalesce(end_hi, date '9999-01-01'))
    over (partition by pid order by coalesce(start_lo, date '0001-01-01')) as reach
from 'concomitants.parquet' where kind = 'atrophic_gastritis'
qualify row_number() over (partition by pid, coalesce(start_lo, date '0001-01-01')) = 1;

create or replace temp table kidneys as
with latest as (
  select pid, collected, arg_max({value: value_standard, comparator: comparator}, (_file, _row)) as last
  from 'labs.parquet' where analyte = 'EGFR' and value_standard is not null and collected is not null
  group by pid, collected
)
select pid, collected, case
  when (last.comparator in ('<', '<=') and last.value > 30) or (last.comparator in ('>', '>=') and last.value < 30)
    then 'unknown'
  when last.value < 30 or (last.comparator in ('<', '<=') and last.value = 30) then 'yes' else 'no' end as state
from latest;

-- every value as it was reported, numbered in the order of the source
create or replace temp table cga_rows as
select row_number() over (order by _file, _row) as id, pid, value, comparator, unit, fold_uln, assay_id, assay_group,
  collected, collected_lo, collected_hi, coalesce(value_standard, value) as standard, ppi_within_2w,
  assay_group || case when assay_group = 'unknown' then coalesce(' ' || specimen, '') else '' end as series,
  coalesce(unit_standard, unit) as compared_unit, _file as file, _row as row,
  uln_used * case when value_standard <> value then value_standard / value else 1 end as compared_uln,
  coalesce(comparator in ('<', '<=', '>', '>='), false) as is_bound
from 'labs.parquet' where analyte = 'CGA' and value is not null and collected is not null;

create or replace temp table series_codes as
select series, compared_unit, row_number() over (order by series, compared_unit nulls last) as code
from (select distinct series, compared_unit from cga_rows);

-- what decides of each value, with what was known of interferences on its day
create or replace temp table cga as
with bounded as (
  select id, pid, code, collected as date, coalesce(collected_lo, collected) as date_lo,
    coalesce(collected_hi, collected) as date_hi, ppi_within_2w as said,
    case when comparator in ('<', '<=') then 0 else standard end as low,
    case when comparator in ('>', '>=') then 'infinity'::double else standard end as high
  from cga_rows r join series_codes s on r.series = s.series and r.compared_unit is not distinct from s.compared_unit
), known as (
  select b.* exclude (said), case when p.reach >= b.date or said = 'Y' then 'yes'
      when said = 'N' or r.pid is not null then 'no' else 'unknown' end as ppi,
    case when b.date - k.collected <= 90 then k.state else 'unknown' end as egfr_low,
    coalesce(g.reach >= b.date, false) as has_atrophic_gastritis
  from bounded b asof left join ppi_spells p on p.pid = b.pid and p.begins <= b.date
    asof left join kidneys k on k.pid = b.pid and k.collected <= b.date
    asof left join gastritis_spells g on g.pid = b.pid and g.begins <= b.date
    left join (select distinct pid from ppi_spells) r on r.pid = b.pid
)
select *, not (ppi = 'yes' or egfr_low = 'yes' or has_atrophic_gastritis) as is_clear from known;

-- the value of a day is the geometric mean of its values; one raised value makes the day one that cannot be assessed
create or replace temp table cga_days as
select pid, code, date, bool_and(is_clear) as is_assessable,
  case when count(*) = 1 then any_value(low) when min(low) = 0 then 0 else exp(avg(ln(nullif(low, 0)))) end as day_low,
  case when count(*) = 1 then any_value(high) else exp(avg(ln(high))) end as day_high
from cga group by pid, code, date;

-- a value is read against the line in force, and against every line that starts within the baseline window
create or replace temp table read_values as
select l.pid, l.line_no, l.start_date, v.id, v.code, v.date, ppi, egfr_low, has_atrophic_gastritis,
  d.day_low, d.day_high, d.is_assessable, case when isinf(v.high) then v.low else v.high end as own,
  v.date - l.start_date + (v.date >= l.start_date)::integer as days,
  not (v.date_hi <= l.start_lo or v.date_lo > l.start_hi) as has_unclear_date
from cga v join cga_days d on d.pid = v.pid and d.code = v.code and d.date = v.date
  join lines l on l.pid = v.pid and v.date >= l.start_date - 90
    and (v.date <= l.start_date or l.next_line_date is null or v.date < l.next_line_date);

create or replace temp table marker_baselines as
select pid, line_no, code, max(date) as baseline_date, arg_max({low: day_low, high: day_high}, date) as base
from read_values where date <= start_date and is_assessable and not has_unclear_date group by pid, line_no, code;

create or replace temp table marker_values as
select v.pid, v.line_no, 'CGA' as analyte, date, days, value, comparator, unit, fold_uln, assay_id, assay_group,
  coalesce(date = baseline_date, false) as is_baseline,
  case when base.low = base.high and base.low > 0 then (own / base.low - 1) * 100 end as change_pct,
  is_bound, ppi, egfr_low, has_atrophic_gastritis, is_assessable, has_unclear_date, series, compared_unit,
  compared_uln, day_low, day_high, file, row
from read_values v join cga_rows r using (id)
  left join marker_baselines b on b.pid = v.pid and b.line_no = v.line_no and b.code = v.code;

-- one row a day of a series with a baseline, with what its value says of a fall by half
create or replace temp table judged_days as
with days as (
  select pid, line_no, code, date, any_value(days) as days, any_value(day_low) as day_low,
    any_value(day_high) as day_high, any_value(is_assessable) as is_assessable, count(*) as n, min(id) as id
  from read_values where not has_unclear_date group by pid, line_no, code, date
)
select days.*, date = baseline_date as is_baseline, case when isinf(day_high) then day_low else day_high end as point,
  days > 1 and is_assessable as counts,
  case when 100 * day_high <= 50 * base.low * (1 + 5e-13) then true
    when not (100 * day_low <= 50 * base.high * (1 + 5e-13)) then false end as verdict,
  lag(case when is_assessable and day_low = day_high then date end)
    over (partition by pid, line_no, code order by date) as negative_date
from days join marker_baselines using (pid, line_no, code);

-- the series that answers for the line, the earliest response first
create or replace temp table judged_series as
select pid, line_no, code, count(*) filter (days > 1) as n_after, count(*) filter (counts) as n_assessable,
  count(*) filter (counts and verdict is null) as n_open,
  count(*) filter (days > 1 and not is_assessable and verdict) as n_raised,
  min(date) filter (counts and verdict) as response_date, max(date) filter (counts and verdict) as last_yes,
  arg_min({id: id, low: day_low, high: day_high, point: point, n: n}, date) filter (is_baseline) as base,
  arg_min({id: id, negative: negative_date}, date) filter (counts and verdict) as deciding,
  arg_min({id: id, low: day_low, high: day_high, point: point}, (point, date)) filter (counts) as best,
  case when response_date is not null then 0 when n_open > 0 then 1 when n_raised > 0 then 5
    when n_assessable = 0 then 6 else 2 end as answer
from judged_days group by pid, line_no, code having n_after > 0
qualify row_number() over (partition by pid, line_no
  order by least(answer, 3), response_date nulls last, code) = 1;

create or replace temp table marker_responses as
with seen as (
  select pid, line_no,
    count(*) filter (days <= 1 and not has_unclear_date) as n_before, count(*) filter (is_baseline) as n_baseline,
    count(*) filter (days <= 1 and not has_unclear_date and ppi = 'yes') as n_ppi,
    count(*) filter (days <= 1 and not has_unclear_date and has_atrophic_gastritis) as n_gastritis,
    count(*) filter (days > 1 and not has_unclear_date) as n_later
  from marker_values group by pid, line_no
), judged as (
  select *, coalesce(deciding.id, best.id) as told from judged_series
)
select l.pid, l.line_no, 'CGA' as analyte, 'ELECT50' as rule_id,
  case answer when 0 then 'responder' when 1 then 'undetermined' when 2 then 'non_responder'
    else 'not_evaluable' end as status,
  case when answer = 0 then '50 % fall'
    when answer = 1 then 'a value beyond a quantitation limit leaves it open'
    when answer = 2 then 'no value satisfies the rule'
    when answer = 5 then 'the fall was seen only under PPI, with low eGFR or atrophic gastritis'
    when answer = 6 then 'every later value under PPI, with low eGFR or atrophic gastritis'
    when l.start_date is null then 'no start date'
    when coalesce(n_before, 0) = 0 then 'no baseline value'
    when n_baseline = 0 and n_ppi > 0 then 'PPI at baseline'
    when n_baseline = 0 and n_gastritis > 0 then 'atrophic gastritis at baseline'
    when n_baseline = 0 then 'eGFR below the limit at baseline'
    when n_later > 0 then 'no later value of the same assay group'
    else 'no value after the start' end as reason,
  case when answer = 0 then last_yes >= response_date + 21 end as is_confirmed,
  case when answer = 0 then response_date end as response_date,
  base.point as baseline_value,
  case when base.n = 1 then b.fold_uln else base.point / b.compared_uln end as baseline_fold_uln, b.compared_unit,
  best.point as best_value,
  case when base.low = base.high and base.low > 0 then (best.point / base.low - 1) * 100 end as best_change_pct,
  best.low <> best.high as best_is_bound,
  coalesce('unknown' in (x.ppi, x.egfr_low, y.ppi, y.egfr_low), false) as has_flag,
  b.file as baseline_file, b.row as baseline_row, t.file as deciding_file, t.row as deciding_row,
  case when answer = 0 then deciding.negative end as negative_date
from lines l left join seen using (pid, line_no) left join judged using (pid, line_no)
  left join cga_rows b on b.id = base.id left join cga_rows t on t.id = told
  left join cga x on x.id = base.id left join cga y on y.id = told;
