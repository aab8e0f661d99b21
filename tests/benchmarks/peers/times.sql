-- Progression-free and overall survival of every line by the default rules: readers' responses, the next line and a
-- cut-off of the patient's own end observation, each event and censoring with the row it stands on.
-- Left out: nothing of the default rules. A cut-off of the whole study is a setting, and not set by default.

create or replace temp table cutoffs as
select pid, min(date) as data_cutoff, arg_min({t: 'vital_status', file: _file, row: _row,
  imputed: date_precision is distinct from 'D'}, (date, _file, _row)) as told
from 'vital_status.parquet' where kind = 'data_cutoff' and date is not null group by pid;

-- of two days of death the earlier one, as if it had been filled in
create or replace temp table deaths as
select pid, date as death, {t: 'vital_status', file: _file, row: _row,
    imputed: date_precision is distinct from 'D' or date <> max(date) over (partition by pid)} as told
from 'vital_status.parquet' where kind = 'death' and date is not null
qualify row_number() over (partition by pid order by date, _file, _row) = 1;

-- the last day each patient was known alive; of one day the table named last, of one table the first row
create or replace temp table last_alive as
with days as (
  select pid, max(date) as day, 1 as proof from 'vital_status.parquet'
  where kind in ('alive_contact', 'lost', 'study_end') group by pid
  union all select pid, max(collected), 2 from 'labs.parquet' group by pid
  union all select pid, max(date), 3 from 'imaging.parquet' group by pid
  union all select pid, max(date), 4 from 'responses.parquet' group by pid
  union all select pid, max(start), 5 from 'treatments.parquet' group by pid
  union all select pid, max("end"), 6 from 'treatments.parquet' group by pid
  union all select pid, max(date), 7 from 'cycles.parquet' group by pid
  union all select pid, max(date), 8 from 'symptoms.parquet' group by pid
  union all select pid, max(start), 9 from 'toxicities.parquet' group by pid
), last as (
  select pid, max(day) as alive, arg_max(proof, (day, proof)) as proof from days where day is not null group by pid
), rows as (
  select pid, date as day, 1 as proof, date_precision as precision, _file, _row from 'vital_status.parquet'
  where kind in ('alive_contact', 'lost', 'study_end')
  union all select pid, collected, 2, collected_precision, _file, _row from 'labs.parquet'
  union all select pid, date, 3, date_precision, _file, _row from 'imaging.parquet'
  union all select pid, date, 4, date_precision, _file, _row from 'responses.parquet'
  union all select pid, start, 5, start_precision, _file, _row from 'treatments.parquet'
  union all select pid, "end", 6, end_precision, _file, _row from 'treatments.parquet'
  union all select pid, date, 7, date_precision, _file, _row from 'cycles.parquet'
  union all select pid, date, 8, date_precision, _file, _row from 'symptoms.parquet'
  union all select pid, start, 9, start_precision, _file, _row from 'toxicities.parquet'
), lost as (
  select pid, max(coalesce(date, date '9999-12-31')) as lost_date from 'vital_status.parquet'
  where kind = 'lost' group by pid
)
select l.pid, alive, arg_min({t: ['vital_status', 'labs', 'imaging', 'responses', 'treatments', 'treatments', 'cycles',
    'symptoms', 'toxicities'][l.proof], file: _file, row: _row, imputed: r.precision is distinct from 'D'},
    (_file, _row)) as told, coalesce(any_value(lost_date) >= alive, false) as is_lost
from last l join rows r on r.pid = l.pid and r.day = l.alive and r.proof = l.proof left join lost on lost.pid = l.pid
group by l.pid, alive, l.proof;

-- one response a patient and day: preferred criteria, then a central reader, then the worst; what is not progression
-- needs an examination that suffices
create or replace temp table responses as
with examined as (
  select pid, imaging_id, date as scan_date, date_precision as scan_precision,
    coalesce(adequate = 'N', false) as is_poor
  from 'imaging.parquet'
  where adequate = 'N' or pid in (select pid from 'responses.parquet' where date is null and imaging_id is not null)
), ranked as (
  select r.pid, coalesce(r.date, scan_date) as day, r._file as file, r._row as row,
    coalesce(r.date_precision, scan_precision) <> 'D' as is_imputed,
    case when is_poor and response in ('CR', 'PR', 'SD', 'NON_CR_NON_PD') then 'NE' else response end as shown,
    list_position(['RECIST_1_1', 'RECIST_1_0', 'mRECIST', 'Choi', 'PERCIST', 'clinical'], criteria) as preferred,
    coalesce(lower(r.reader) = 'central', false) as is_central,
    coalesce(list_position(['ND', 'NE', 'CR', 'PR', 'SD', 'NON_CR_NON_PD', 'PD'], shown), 8) as worst
  from 'responses.parquet' r left join examined using (pid, imaging_id)
  where criteria <> 'clinical' or r.imaging_id is not null
)
select row_number() over () as id, *
from (
  select pid, day, shown as response, {t: 'responses', file: file, row: row, imputed: is_imputed} as told
  from ranked left join cutoffs using (pid)
  where day is not null and preferred is not null and (data_cutoff is null or day <= data_cutoff)
  qualify row_number() over (partition by pid, day
    order by preferred, is_central desc, worst desc, file desc, row desc) = 1
);

create or replace temp table observed as
select l.pid, l.line_no, l.start_date, next_line_date, data_cutoff, death, alive, coalesce(is_lost, false) as is_lost,
  l.start_precision is distinct from 'D' as is_start_imputed,
  {t: 'treatments', file: l.file, row: l.row, imputed: l.start_precision is distinct from 'D'} as at_start,
  d.told as at_death, a.told as at_contact, c.told as at_cutoff,
  case when consent_to_research = 'N' then 'no consent to research'
    when histology = 'Merkel_cell_carcinoma'
      then 'Merkel cell carcinoma is a primary skin tumour, not a metastasis of a visceral NET'
    when l.start_date is null then 'no start date'
    when l.start_date > data_cutoff then 'started after the data cut-off'
    when l.start_date > death then 'start after death' end as exclusion
from lines l left join cutoffs c using (pid) left join deaths d using (pid) left join last_alive a using (pid);

create or replace temp table pfs as
with progressed as (
  select o.pid, o.line_no, o.start_date, o.death, o.closed, p.day as progression, p.id as progression_id,
    case when not coalesce(p.day > closed, false) then p.day end as progressed,
    case when not coalesce(death > closed, false) then death end as died,
    least(progressed, died) as event
  from (select pid, line_no, start_date, death, least(next_line_date, data_cutoff) as closed from observed) o
    asof left join (select pid, day, id from responses where response = 'PD') p on p.pid = o.pid
      and o.start_date < p.day
), adequate as (
  select pid, day, id from responses where response in ('CR', 'PR', 'SD', 'NON_CR_NON_PD')
), scanned as (
  select o.*, case when s.day > o.start_date then s.day end as last_scan, s.id as scan_id,
    case when n.day > o.start_date then n.day else o.start_date end as last_negative
  from progressed o
    asof left join adequate s on s.pid = o.pid and coalesce(o.closed, date '9999-12-31') >= s.day
    asof left join adequate n on n.pid = o.pid and o.event > n.day
), closed as (
  select s.*, o.* exclude (pid, line_no, start_date, death), r.told as at_scan,
    case when next_line_date = closed then 'new therapy before the event'
      when data_cutoff = closed and (not is_lost or alive >= closed or coalesce(s.death >= closed, false))
        then 'no event by the data cut-off'
      when is_lost then 'lost to follow-up' else 'no event' end as closing
  from scanned s join observed o using (pid, line_no)
    left join responses r on r.id = case when event = progressed then progression_id
      when event is null and last_scan is not null then scan_id end
)
select pid, line_no, 'PFS' as endpoint, start_date, is_start_imputed, exclusion, event is not null as happened,
  coalesce(event, last_scan, start_date) as record, last_negative, event = progressed as is_seen_at_look,
  case when at_scan is not null then at_scan when event is not null then at_death else at_start end as source,
  case when event = progressed then 'progression' when event is not null then 'death'
    when last_scan is not null then closing else 'no adequate assessment after the start' end as reason,
  case when event = progressed then 'scan that shows progression' when event is not null then 'day of death'
    when last_scan is not null then 'last adequate scan' else 'start of the line' end as date_used,
  case when event = progressed then 'first_progression' when event is not null then 'first_death'
    when last_scan is not null then 'censored_at_last_adequate_scan' else 'censored_at_start' end as rule_id
from closed;

create or replace temp table survival as
with ended as (
  select *, not coalesce(death > data_cutoff, false) and death is not null as happened,
    coalesce(alive >= data_cutoff or death >= data_cutoff, false) as reaches
  from observed
)
select pid, line_no, 'OS' as endpoint, start_date, is_start_imputed, exclusion, happened,
  case when happened then death when reaches then data_cutoff else coalesce(alive, start_date) end as record,
  null::date as last_negative, false as is_seen_at_look,
  case when happened then at_death when reaches then at_cutoff when alive is not null then at_contact
    else at_start end as source,
  case when happened then 'death' when reaches then 'no event by the data cut-off'
    when is_lost then 'lost to follow-up' else 'no event' end as reason,
  case when happened then 'day of death' when reaches then 'end of observation'
    else 'last day known alive' end as date_used,
  case when happened then 'first_death' when reaches then 'censored_at_end_of_observation'
    else 'censored_at_last_known_alive' end as rule_id
from ended;

create or replace temp table times as
with decided as (
  from pfs union all by name from survival
), dated as (
  select *, exclusion is null as is_in, case when is_in then greatest(record, start_date) end as day from decided
)
select pid, line_no, endpoint, 'default' as rule_set, start_date, day as end_date, day - start_date + 1 as days,
  case when is_in then happened end as happened, coalesce(exclusion, reason) as reason,
  case when is_in then case when happened then 0 when reason like 'no event%' then 1
    when reason = 'new therapy before the event' then 2 when reason like 'no adequate%' then 3
    when endpoint = 'OS' then 2 else 5 end end as code,
  case when is_in then date_used end as date_used, case when is_in then rule_id else 'excluded' end as rule_id,
  case when is_in then source.t end as source_table, case when is_in then source.file end as source_file,
  case when is_in then source.row end as source_row,
  is_start_imputed or coalesce(is_in and source.imputed, false) as is_imputed,
  case when is_in then case when happened and is_seen_at_look then last_negative else day end end as last_negative_date,
  case when is_in and happened then day end as first_positive_date
from dated;
