#!/usr/bin/env bash
# compare.sh HISTORY.parquet [RUNS]: this program and DuckDB in turn over one history. Needs python3 with duckdb.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
history="$1"
runs="${2:-5}"
ours="${LOYALTY_DSL:-$here/../../target/dist/loyalty-dsl}"
exec python3 - "$here" "$history" "$runs" "$ours" <<'PYTHON'
import json
import statistics
import subprocess
import sys
import time

here, history, runs, program = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
sql = open(f"{here}/peer.sql").read().replace("HISTORY", history)
peer = "import duckdb,json,sys; c=duckdb.connect(); c.execute('set threads=2; set preserve_insertion_order=false; set enable_progress_bar=false'); print(json.dumps([str(v) for v in c.execute(sys.stdin.read()).fetchone()]))"


def ours():
    out = subprocess.run(
        [program, "simulate", f"{here}/reference.loy", "--history", history, "--threads", "2", "--format", "json", "--quiet"],
        check=True, capture_output=True,
    ).stdout
    report = json.loads(out)
    metric = {m["id"]: m["value"] for m in report["metrics"]}
    tier = {t["tier"]: t["purchases"] for t in report["tables"]["tiers"]}
    ids = ["purchases", "customers", "discount.granted", "wallet.points.issued", "wallet.cashback.issued", "gifts.granted"]
    return [str(metric[i]) for i in ids] + [str(tier["middle"]), str(tier["upper"])]


def theirs():
    out = subprocess.run([sys.executable, "-c", peer], input=sql.encode(), check=True, capture_output=True).stdout
    return json.loads(out.splitlines()[-1])


def timed(run):
    started = time.perf_counter()
    totals = run()
    return time.perf_counter() - started, totals


ratios = []
for _ in range(runs):
    (a, mine), (b, other) = timed(ours), timed(theirs)
    if mine != other:
        sys.exit(f"The totals differ:\n  ours   {mine}\n  DuckDB {other}")
    ratios.append(a / b)
    print(f"ours {a:.2f} s   DuckDB {b:.2f} s   ratio {a / b:.2f}", flush=True)
print("totals equal:", ", ".join(mine))
print(f"median ratio {statistics.median(ratios):.2f}")
PYTHON
