#!/usr/bin/env python3
"""run.py [ROWS] [ROUNDS] [PART …]: the benchmark, in one command. Needs duckdb (pip); polars and valgrind where they are there.

It makes a history of ROWS purchases (10,000,000 if not said), builds this program and the hand-written limit, and runs all of
them in turn, ROUNDS times (5). A time counts only beside equal totals. What is printed are medians of ratios within rounds.
Parts: peers, shapes, sentences, rules, returns, instructions; all of them if none is said. On a quiet machine, please.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
NUMBERS = [int(float(word)) for word in sys.argv[1:] if word[0].isdigit()]
ROWS, ROUNDS = (NUMBERS + [10_000_000, 5][len(NUMBERS):])[:2]
ASKED = [word for word in sys.argv[1:] if not word[0].isdigit()]
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
PROFILE = os.environ.get("BENCH_PROFILE", "release")
OURS = os.environ.get("LOYALTY_DSL", os.path.join(TARGET, PROFILE, "loyalty-dsl"))
FOLDER = os.path.join(TARGET, "bench")
REFERENCE = open(os.path.join(HERE, "side-by-side", "reference.loy")).read()
SQL = open(os.path.join(HERE, "side-by-side", "peer.sql")).read()
QUERY = "select customer, id, strftime(\"at\", '%Y-%m-%d %H:%M:%S') as \"at\", amount, category from"


def cargo(*args):
    """Builds, and says where the last program made stands."""
    command = ["cargo", "build", "--locked", "--profile", PROFILE, "--message-format=json-render-diagnostics", *args]
    made = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line).get("executable") for line in made.splitlines() if '"executable":"' in line]
    return found[-1]


def history(rows):
    """Purchases in the order of time, as a till exports them; the same numbers on every machine."""
    import duckdb

    path = os.path.join(FOLDER, f"{rows}.parquet")
    if os.path.exists(path):
        return path
    duck = duckdb.connect()
    duck.execute("set threads=2")
    # Customers of uneven weight (the square of an even draw) over three years, amounts of 0.50 to about 120 EUR, most of them small.
    duck.execute(f"""copy (select
        cast(1000000 + floor(pow((hash(i * 7 + 1) % 1000000007) / 1000000007.0, 2) * {max(1, rows // 50)}) as bigint) as customer,
        i as id,
        timestamp '2022-01-01' + to_microseconds(i * (94608000000000 // {rows})) as "at",
        cast(0.50 + (hash(i) % 10900) * ((hash(i + 5) % 1000) + 100) / 1000000.0 * 10 as decimal(12, 2)) as amount,
        ['coffee', 'bakery', 'grocery', 'household', 'toys', 'electronics', 'clothing', 'books'][1 + cast(hash(i * 3) % 8 as bigint)] as category
        from range({rows}) t(i)) to '{path}.part' (format parquet, compression zstd, row_group_size 1000000)""")
    os.replace(f"{path}.part", path)
    return path


def written(path, ending, order=None):
    """The same purchases in another format or order."""
    import duckdb

    out = path.replace(".parquet", ending)
    if not os.path.exists(out):
        duck = duckdb.connect()
        duck.execute("set threads=2")
        form = "header" if ending.endswith(".csv") else "format parquet, compression zstd, row_group_size 1000000"
        what = f"{QUERY} '{path}'" if ending.endswith(".csv") else f"select * from '{path}' order by {order}"
        duck.execute(f"copy ({what}) to '{out}.part' ({form})")
        os.replace(f"{out}.part", out)
    return out


def run(command, **more):
    """What a command prints, its seconds on the clock and its seconds of processor time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, time.perf_counter() - started, after.ru_utime - before.ru_utime


def program(name, text):
    path = os.path.join(FOLDER, f"{name}.loy")
    with open(path, "w") as out:
        out.write(text)
    return path


def ours(path, data, threads=2):
    out, clock, user = run([OURS, "simulate", path, "--history", data, "--threads", str(threads), "--format", "json", "--quiet"])
    report = json.loads(out)
    metric = {m["id"]: m["value"] for m in report["metrics"]}
    tier = {t["tier"]: t["purchases"] for t in report["tables"].get("tiers", [])}
    ids = ["purchases", "customers", "discount.granted", "wallet.points.issued", "wallet.cashback.issued", "gifts.granted"]
    return [str(metric.get(i)) for i in ids] + [str(tier.get("middle")), str(tier.get("upper"))], clock, user


def limit(binary, data, threads=2):
    out, clock, user = run([binary, data, str(threads)])
    return out.decode().split(), clock, user


def duckdb_peer(data):
    source = f"read_csv('{data}', types={{'amount': 'decimal(12,2)'}})" if data.endswith(".csv") else f"'{data}'"
    code = (
        "import duckdb,sys;c=duckdb.connect();c.execute('set threads=2;set preserve_insertion_order=false;set enable_progress_bar=false');"
        "print(*[str(v) for v in c.execute(sys.stdin.read()).fetchone()])"
    )
    out, clock, user = run([sys.executable, "-c", code], input=SQL.replace("'HISTORY'", source).encode())
    return out.decode().split(), clock, user


POLARS = """
import polars as pl, sys
cents = (pl.col('amount').cast(pl.Decimal(14, 2)) * 100).cast(pl.Int64).alias('cents')
rows = pl.scan_parquet(sys.argv[1]).select('customer', 'at', 'id', 'category', cents).sort('customer', 'at', 'id')
rows = rows.with_columns(pl.int_range(1, pl.len() + 1).over('customer').alias('n'), (pl.col('cents').cum_sum().over('customer') - pl.col('cents')).alias('spent'))
rows = rows.with_columns(pl.when(pl.col('n') > 3).then((pl.col('cents') * 5 + 50) // 100).otherwise(0).alias('off'))
net, up = pl.col('cents') - pl.col('off'), pl.col('spent') >= 200000
twice = pl.when(pl.col('category').cast(pl.String) == 'coffee').then(2).otherwise(1)
r = rows.select(pl.len(), pl.col('customer').n_unique().alias('c'), pl.col('off').sum(), (net // 100 * twice).sum().alias('p'),
    pl.when(up).then((net * 2 + 50) // 100).otherwise(0).sum().alias('b'), (pl.col('n') % 10 == 0).sum().alias('g'),
    ((pl.col('spent') >= 50000) & ~up).sum().alias('m'), up.sum().alias('u')).collect().row(0)
money = lambda v: f'{v // 100}.{v % 100:02}'
print(r[0], r[1], money(r[2]), r[3], money(r[4]), r[5], r[6], r[7])
"""


def polars_peer(data):
    out, clock, user = run([sys.executable, "-c", POLARS, data], env={**os.environ, "POLARS_MAX_THREADS": "2"})
    return out.decode().split(), clock, user


def together(entries, by="clock", totals=True):
    """Runs everything in turn; ratios to the first, medians over rounds. Totals must be equal to those of the first."""
    place = 1 if by == "clock" else 2
    ratios = {name: [] for name, _ in entries}
    for _ in range(ROUNDS):
        first = None
        for name, call in entries:
            made = call()
            first = first or made
            if totals and made[0] != first[0]:
                sys.exit(f"The totals differ:\n  {entries[0][0]}: {first[0]}\n  {name}: {made[0]}")
            ratios[name].append(made[place] / first[place])
    for name, _ in entries:
        print(f"  {name:44}{statistics.median(ratios[name]):8.2f}   ({min(ratios[name]):.2f} to {max(ratios[name]):.2f})", flush=True)


def peers(path, binary):
    print("the reference program, whole command, two threads; the limit is 1")
    entries = [("limit", lambda: limit(binary, path)), ("this program", lambda: ours(program("reference", REFERENCE), path)), ("DuckDB", lambda: duckdb_peer(path))]
    try:
        import polars  # noqa: F401

        entries.append(("Polars", lambda: polars_peer(path)))
    except ImportError:
        print("  (Polars is not there)")
    together(entries)


def shapes(path, binary):
    print("the same from other files and threads; Parquet in the order of time with two threads is 1")
    reference = program("reference", REFERENCE)
    together([
        ("Parquet, in the order of time", lambda: ours(reference, path)),
        ("one thread", lambda: ours(reference, path, threads=1)),
        ("Parquet, in the order of customers", lambda: ours(reference, written(path, ".customers.parquet", 'customer, "at", id'))),
        ("Parquet, shuffled", lambda: ours(reference, written(path, ".shuffled.parquet", "hash(id)"))),
        ("CSV", lambda: ours(reference, written(path, ".csv"))),
        ("CSV, by DuckDB", lambda: duckdb_peer(written(path, ".csv"))),
    ])


def edited(*edits, more=""):
    text = REFERENCE
    for old, new in edits:
        if old not in text:
            sys.exit(f"the reference program does not say: {old}")
        text = text.replace(old, new)
    return text.rstrip() + "\n" + more


SENTENCES = [
    ("tiers of the last 12 months", edited(("gross spend ever", "gross spend in last 12 months"), ("  never drop\n", ""))),
    ("at most 500 points per month", edited(("earn 1 point per 1 EUR", "earn 1 point per 1 EUR up to 500 points per month"))),
    ("a second discount", edited(more='discount 2% on category "coffee"\n')),
    ("points expire after 12 months", edited(("  never expire", "  expire 12 months after earning"), ("points\n", "points worth 0.01 EUR\n"))),
    ("points are redeemed, both ends", edited(("points\n", "points worth 0.01 EUR\n"), more="redeem 100 points for 1 EUR\nredeem cashback\n")),
    ("a budget that closes", edited(
        ("cashback 2% for tier upper", 'cashback 2% for tier upper within budget "promo"'),
        ('gift "tenth" costs', f'budget "promo" {max(1, ROWS // 10)} EUR\n\ngift "tenth" costs'))),
    ("all of them but the budget", edited(
        ("gross spend ever", "gross spend in last 12 months"), ("  never drop\n", ""), ("  never expire", "  expire 12 months after earning"),
        ("points\n", "points worth 0.01 EUR\n"), ("earn 1 point per 1 EUR", "earn 1 point per 1 EUR up to 500 points per month"),
        more='discount 2% on category "coffee"\nredeem 100 points for 1 EUR\nredeem cashback\n')),
]


def sentences(path, binary):
    print("everyday sentences added to the reference program: processor time of one thread, the reference is 1")
    entries = [("reference", lambda: ours(program("reference", REFERENCE), path, threads=1))]
    for at, (name, text) in enumerate(SENTENCES):
        entries.append((name, lambda at=at, text=text: ours(program(f"sentence-{at}", text), path, threads=1)))
    together(entries, by="user", totals=False)


def rules(path, binary):
    print("many rules by category and amount: processor time of one thread, one rule is 1")
    words = ["coffee", "bakery", "grocery", "household", "toys", "electronics", "clothing", "books"]

    def of(count):
        lines = ['program "Many rules"', "  currency EUR", "  timezone UTC", "", "points", "  never expire", ""]
        for rule in range(count):
            lines.append(f'earn {1 + rule % 3} points per {1 + rule % 7} EUR on category "{words[rule % 8]}" on purchase of at least {5 + rule} EUR')
        return program(f"rules-{count}", "\n".join(lines) + "\n")

    together([(f"{count} rules", lambda count=count: ours(of(count), path, threads=1)) for count in (1, 30, 100, 300)], by="user", totals=False)


def returns(path, binary):
    print("one account with N purchases, a tenth of them returned: N = 10,000 is 1; twice the work should be about 2")
    text = 'program "One big account"\n  currency EUR\n  timezone UTC\n\npoints worth 0.01 EUR\n  expire 12 months after earning\n\ntiers by spend in last 12 months\n  base\n  gold from 100 EUR\n\nearn 1 point per 1 EUR\nredeem 100 points for 1 EUR\n'
    big = program("account", text)

    def of(count):
        name = os.path.join(FOLDER, f"account-{count}")
        at = lambda number, days: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_672_531_200 + number * 60_480_000 // count + days * 86_400))
        with open(f"{name}.csv", "w") as bought, open(f"{name}-returns.csv", "w") as back, open(f"{name}.yaml", "w") as mapping:
            bought.write("customer,id,at,amount\n")
            bought.writelines(f"c,{number},{at(number, 0)},{10 + number % 50}.00\n" for number in range(count))
            back.write("of,at\n")
            back.writelines(f"{number},{at(number, 10)}\n" for number in range(0, count, 10))
            mapping.write(f"purchases:\n  file: account-{count}.csv\nreturns:\n  file: account-{count}-returns.csv\n")
        return f"{name}.yaml"

    entries = [(f"N = {count:,}", lambda count=count: ours(big, of(count), threads=1)) for count in (10_000, 20_000, 40_000)]
    together(entries, by="user", totals=False)


def instructions(path, binary):
    if not shutil.which("valgrind"):
        print("instructions: valgrind is not there")
        return
    small = history(200_000)
    print("instructions per purchase, over 200,000 of them, one thread")
    for name, command in [
        ("this program", [OURS, "simulate", program("reference", REFERENCE), "--history", small, "--threads", "1", "--format", "json", "--quiet"]),
        ("limit", [binary, small, "1"]),
    ]:
        counted = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], check=True, capture_output=True, text=True).stderr
        total = next(int(line.split()[-1].replace(",", "")) for line in counted.splitlines() if "refs:" in line)
        print(f"  {name:44}{total / 200_000:8.0f}")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    if "LOYALTY_DSL" not in os.environ:
        cargo("--bin", "loyalty-dsl")
    binary = os.environ.get("LIMIT") or cargo("--bench", "limit")
    path = history(ROWS)
    print(f"{ROWS:,} purchases, {ROUNDS} rounds, {os.cpu_count()} cores")
    for part in (peers, shapes, sentences, rules, returns, instructions):
        if not ASKED or part.__name__ in ASKED:
            part(path, binary)


main()
