#!/usr/bin/env bash
# formats.sh [ROWS] [RUNS]: how fast each format is read, beside DuckDB reading the same file. Needs python3 with duckdb.
# With POSTGRES=postgres://user@host/database a server is read too (a build with --features postgres; psql fills the table).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
ours="${LOYALTY_DSL:-$here/../../target/dist/loyalty-dsl}"
exec python3 - "$here" "${1:-3000000}" "${2:-5}" "$ours" <<'PYTHON'
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

here, rows, runs, program = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
server = os.environ.get("POSTGRES")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
import duckdb

duck = duckdb.connect()
duck.execute("set threads=2")
# Numbers that any machine makes again: customers of uneven weight over two years, amounts of 0.01 to 200 EUR.
duck.execute(f"""create table h as select
    'c' || lpad(cast(hash(i * 7 + 1) % ({rows} // 20 + 1) as varchar), 7, '0') as customer, i as id,
    timestamp '2024-01-01' + to_seconds(cast(i * 63072000.0 / {rows} as bigint)) as "at",
    cast((1 + hash(i) % 20000) * 0.01 as decimal(12, 2)) as amount,
    ['app', 'web', 'shop'][cast(1 + hash(i * 3) % 3 as bigint)] as channel
    from range({rows}) t(i)""")
small = min(rows, 200_000)
duck.execute(f"create table s as select * from h limit {small}")
query = "select customer, id, strftime(\"at\", '%Y-%m-%d %H:%M:%S') as \"at\", cast(amount as varchar) as amount, channel from"


def workbook(path):
    """A sheet of texts and numbers, as a spreadsheet writes it."""
    letters = "ABCDE"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>')
        z.writestr("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/_rels/workbook.xml.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sales" sheetId="1" r:id="rId1"/></sheets></workbook>')
        with z.open("xl/worksheets/sheet1.xml", "w") as out:
            out.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            cell = lambda c, n, v: f'<c r="{letters[c]}{n}"><v>{v}</v></c>' if c in (1, 3) and n > 1 else f'<c r="{letters[c]}{n}" t="inlineStr"><is><t>{v}</t></is></c>'
            lines = [("customer", "id", "at", "amount", "channel"), *duck.execute(f"{query} s").fetchall()]
            for n, line in enumerate(lines, 1):
                out.write(f'<row r="{n}">{"".join(cell(c, n, v) for c, v in enumerate(line))}</row>'.encode())
            out.write(b"</sheetData></worksheet>")


duck.execute(f"copy ({query} h) to 'h.csv' (header)")
duck.execute(f"copy ({query} h) to 'h.csv.gz' (header, compression gzip)")
duck.execute("copy h to 'h.parquet' (compression zstd)")
duck.execute(f"copy ({query} h) to 'h.jsonl' (format json)")
base = sqlite3.connect("h.db")
base.execute("create table h (customer text, id integer, at text, amount text, channel text)")
base.executemany("insert into h values (?, ?, ?, ?, ?)", duck.execute(f"{query} h").fetchall())
base.commit()
base.close()
workbook("h.xlsx")
formats = [
    ("CSV", "h.csv", "read_csv('h.csv')", rows),
    ("CSV, gzip", "h.csv.gz", "read_csv('h.csv.gz')", rows),
    ("Parquet", "h.parquet", "'h.parquet'", rows),
    ("JSON lines", "h.jsonl", "read_json('h.jsonl')", rows),
    ("SQLite", "h.db", "sqlite_scan('h.db', 'h')", rows),
    ("XLSX", "h.xlsx", "read_xlsx('h.xlsx')", small),
]
if server:
    psql = lambda sql, **more: subprocess.run(["psql", server, "-q", "-c", sql], check=True, **more)
    psql("drop table if exists loyalty_reading; create table loyalty_reading (customer text, id bigint, at timestamp, amount numeric(12,2), channel text)")
    with open("h.csv", "rb") as lines:
        psql("\\copy loyalty_reading from stdin (format csv, header)", stdin=lines)
    with open("server.yaml", "w") as out:
        out.write(f'purchases: {{ files: "{server}", table: loyalty_reading }}\n')
    formats.append(("PostgreSQL", "server.yaml", f"postgres_scan('{server}', 'public', 'loyalty_reading')", rows))


def ours(path):
    out = subprocess.run([program, "simulate", f"{here}/reading.loy", "--history", path, "--threads", "2", "--format", "json", "--quiet"], check=True, capture_output=True).stdout
    metric = {m["id"]: m["value"] for m in json.loads(out)["metrics"]}
    return [str(metric["purchases"]), str(metric["customers"])]


def theirs(source):
    load = "".join(f"load {e};" for e in ("sqlite", "excel", "postgres") if e in source or e == "excel" and "xlsx" in source)
    sql = f"set threads=2;{load} select count(*), count(distinct customer), sum(cast(amount as decimal(12,2))), max(cast(\"at\" as timestamp)), count(distinct channel) from {source}"
    run = "import duckdb,json,sys; c=duckdb.connect(); r=None\nfor q in sys.stdin.read().split(';'):\n r=c.execute(q).fetchall() if q.strip() else r\nprint(json.dumps([str(v) for v in r[0][:2]]))"
    done = subprocess.run([sys.executable, "-c", run], input=sql.encode(), capture_output=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def timed(run, *what):
    started = time.perf_counter()
    found = run(*what)
    return time.perf_counter() - started, found


print(f"{'format':12}{'rows':>10}{'ours, rows/s':>16}{'DuckDB, rows/s':>18}")
for name, path, source, count in formats:
    mine, others = [], []
    for _ in range(runs):
        (a, found), (b, other) = timed(ours, path), timed(theirs, source)
        if other is not None and found != other:
            sys.exit(f"{name}: the counts differ: ours {found}, DuckDB {other}")
        mine.append(a)
        others.append(b if other is not None else None)
    speed = lambda seconds: f"{count / statistics.median(seconds):,.0f}"
    print(f"{name:12}{count:>10,}{speed(mine):>16}{speed(others) if None not in others else 'not there':>18}", flush=True)
PYTHON
