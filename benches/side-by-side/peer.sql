-- The reference program for DuckDB: one row of totals, in the order that compare.sh expects.
with ordered as (
    select customer, "at", id, amount, category,
           row_number() over w as number,
           coalesce(sum(amount) over (partition by customer order by "at", id rows between unbounded preceding and 1 preceding), 0) as spent
    from 'HISTORY'
    window w as (partition by customer order by "at", id)
),
discounted as (
    select *, case when number > 3 then round(amount * 0.05, 2) else 0 end as discount from ordered
)
select count(*),
       count(distinct customer),
       sum(discount),
       sum(floor(amount - discount) * case when category = 'coffee' then 2 else 1 end)::bigint,
       sum(case when spent >= 2000 then round((amount - discount) * 0.02, 2) else 0 end),
       count(*) filter (number % 10 = 0),
       count(*) filter (spent >= 500 and spent < 2000),
       count(*) filter (spent >= 2000)
from discounted;
