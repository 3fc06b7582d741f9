"""Two simple programs on the CDNOW sample, simulated without a line of the project's code.

Gold:   tiers by spend ever (basic, gold from 100 USD), discount 5% for tier gold.
Points: 1 point per full dollar after discounts and what points paid, worth 0.02 USD, never expiring, redeemed as soon as
        possible; after the 3rd purchase 4% discount.

Prints what tests/it/compare.rs expects: python3 tests/independent/compare.py programs/data/cdnow_sample.csv
"""
import csv, math, sys
from collections import defaultdict

rows = defaultdict(list)
for row in csv.DictReader(open(sys.argv[1])):
    rows[row["customer_id"]].append((row["date"], row["order"], round(float(row["amount"]) * 100)))


def half_up(numerator, denominator):
    return (2 * numerator + denominator) // (2 * denominator)


def gold(purchases):
    spend = value = 0
    for _, _, amount in purchases:
        off = half_up(amount * 5, 100) if spend >= 10_000 else 0
        value += off
        spend += amount - off
    return value, value, "gold" if spend >= 10_000 else "basic", 0


def points(purchases):
    balance = bought = value = 0
    for _, _, amount in purchases:
        off = half_up(amount * 4, 100) if bought >= 3 else 0
        net = amount - off
        units = min(balance, net // 2)
        balance += (net - 2 * units) // 100 - units
        value += off + 2 * units
        bought += amount > 0
    return value, value, None, 2 * balance


under = {customer: (gold(sorted(p)), points(sorted(p)), sum(a for *_, a in p)) for customer, p in rows.items()}
sales = sum(spend for *_, spend in under.values())
costs = [sum(each[at][1] for each in under.values()) for at in (0, 1)]
owed = sum(each[1][3] for each in under.values())
print("sales", sales, "costs", costs, "owed", owed)
d = [each[1][1] - each[0][1] for each in under.values()]
n = len(d)
sd = math.sqrt((sum(x * x for x in d) - sum(d) ** 2 / n) / (n - 1))
half = 1.96 * math.sqrt(n) * sd
print("difference", sum(d), "from", round(sum(d) - half, 2), "to", round(sum(d) + half, 2))
print("lose", sum(x < 0 for x in d), "gain", sum(x > 0 for x in d), "same", sum(x == 0 for x in d))


def band(before, after):
    change = after - before
    if change == 0:
        return 2
    more = abs(change) * 20 > before
    return (0 if more else 1) if change < 0 else (4 if more else 3)


ranked = sorted(under.items(), key=lambda item: (item[1][2], item[0].encode()))
for tenth in range(10):
    own = [each for at, (_, each) in enumerate(ranked) if at * 10 // n == tenth]
    bands = [0] * 5
    for g, p, _ in own:
        bands[band(g[0], p[0])] += 1
    print("tenth", tenth + 1, len(own), sum(s for *_, s in own), sum(g[0] for g, *_ in own), sum(p[0] for _, p, _ in own), bands)
worst = sorted(under.items(), key=lambda item: (item[1][1][0] - item[1][0][0], item[0].encode()))[:3]
print("worst", [(customer, each[0][0], each[1][0]) for customer, each in worst])
best = sorted(under.items(), key=lambda item: (item[1][0][0] - item[1][1][0], item[0].encode()))[:3]
print("best", [(customer, each[0][0], each[1][0]) for customer, each in best])
print("gold members", sum(each[0][2] == "gold" for each in under.values()))
m = 0.35
c = [cost / sales for cost in costs]
u = [each / (m - each) for each in c]
print("break-even", [round(each, 6) for each in u])
cheap, dear = (0, 1) if costs[0] < costs[1] else (1, 0)
for at in (0, u[cheap], u[dear]):
    print("extra at", round(at, 6), round((c[dear] - c[cheap]) * (1 + at) / (m - c[dear]), 6))
