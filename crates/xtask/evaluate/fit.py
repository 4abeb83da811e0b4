"""Fits one monotone curve per measure, in bits, by penalised logistic regression.

fit.py WEIGHTS.tsv (MEASUREMENTS.csv WEIGHT)…

A pair's log-odds are the prior, the bits that are set by hand, and one straight-line interpolated curve per measure; a measure
that a pair doesn't have adds nothing. The curves rise (or fall) everywhere, bend little (a penalty on second differences), and
agreement never speaks against a pair. What other pairs tell of a pair is fitted in a second step, on top of the first. Files of weight 0 state no
department: they only tell how much the odds fall for want of one.
"""

import sys

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.special import expit

SIXTHS = [0, 0.2, 0.4, 0.6, 0.8, 1]
# Measure: where its curve may bend, and whether it rises (1) or falls (-1).
OF_THE_PAIR = {
    "name-words": (SIXTHS, 1),
    "name-order": ([0, 0.3, 0.6, 0.8, 1], 1),
    "name-identical": ([0, 1], 1),
    "own-words-of-both": ([0, 0.3, 0.7, 1.2, 2, 3], -1),
    "own-words-of-one": ([0, 0.5, 1, 2, 3], -1),
    "text": (SIXTHS, 1),
    "summary-words": (SIXTHS, 1),
    "summary-order": (SIXTHS, 1),
    "summary-start": ([0, 0.1, 0.25, 0.5, 1], 1),
    "keywords": ([0, 0.3, 0.7, 1], 1),
    "kind": ([0, 1], 1),
    "department": ([0, 0.3, 0.6, 1], -1),
}
OF_OTHER_PAIRS = {
    "summary-rival": ([-1, -0.5, -0.25, -0.1, 0], 1),
    "rival": ([-8, -4, -2, 0, 2, 8], 1),
    "rival-of-one": ([-8, -4, -2, 0, 2, 8], 1),
    "neighbour": ([0, 0.1, 0.5, 0.9, 1], 1),
}
BIT = np.log(2)
SMOOTHNESS = 2.0
# The least that full agreement speaks for, and none against, in natural units.
AT_LEAST = 0.15
AT_MOST = -0.1
# Of the pairs that share next to nothing, one in so many is looked at, and counts for all.
ONE_IN = 16
# As in crates/matching/src/batch/neighbours.rs.
MAX_PARTNERS = 32
NOBODY = -8.0


def hats(values, knots):
    """Share of each knot in each value; nothing where there is no value."""
    knots = np.asarray(knots, float)
    missing = np.isnan(values)
    x = np.clip(np.nan_to_num(values), knots[0], knots[-1])
    left = np.minimum(np.searchsorted(knots, x, side="right") - 1, len(knots) - 2)
    share = (x - knots[left]) / (knots[left + 1] - knots[left])
    row = np.arange(len(x))
    basis = np.zeros((len(x), len(knots)))
    basis[row, left], basis[row, left + 1] = 1 - share, share
    basis[missing] = 0
    return basis


def design(table, curves):
    return np.hstack([hats(table[name].to_numpy(float), knots) for name, (knots, _) in curves.items()])


def bending(curves):
    """Penalty on every change of slope, and a little on every height."""
    size = sum(len(knots) for knots, _ in curves.values())
    penalty, at = 0.05 * np.eye(size), 0
    for knots, _ in curves.values():
        width = (knots[-1] - knots[0]) / len(knots)
        for i in range(1, len(knots) - 1):
            before, after = knots[i] - knots[i - 1], knots[i + 1] - knots[i]
            row = np.zeros(size)
            row[at + i - 1 : at + i + 2] = width / before, -width * (1 / before + 1 / after), width / after
            penalty += 0.3 * np.outer(row, row)
        at += len(knots)
    return SMOOTHNESS * penalty


def fit(table, same, known, weight, curves, signed):
    """The constant and the heights of all curves, in natural units."""
    size = sum(len(knots) for knots, _ in curves.values())
    steps, bounds, ends, at = np.zeros((size, size)), [(None, None)], [], 0
    for knots, direction in curves.values():
        last = at + len(knots) - 1
        for i in range(at, last + 1):
            steps[i, at : i + 1] = 1
            free = (None, None) if i == at else (0, None) if direction > 0 else (None, 0)
            bounds.append(free)
        ends.append((at, last) if direction > 0 else (last, at))
        at = last + 1
    penalty, basis, total = bending(curves), design(table, curves) @ steps, weight.sum() / 1e3

    def loss(parameters):
        heights = steps @ parameters[1:]
        odds = known + parameters[0] + basis @ parameters[1:]
        value = np.sum(weight * (np.logaddexp(0, odds) - same * odds)) + heights @ penalty @ heights
        residual = weight * (expit(odds) - same)
        slope = 2 * penalty @ heights
        for low, high in ends if signed else []:
            for end, limit, over in ((high, AT_LEAST, heights[high] < AT_LEAST), (low, AT_MOST, heights[low] > AT_MOST)):
                if over:
                    value += 200 * (heights[end] - limit) ** 2
                    slope[end] += 400 * (heights[end] - limit)
        gradient = np.concatenate([[residual.sum()], basis.T @ residual + steps.T @ slope])
        return value / total, gradient / total

    options = {"maxiter": 6000, "maxfun": 9000, "ftol": 1e-11, "gtol": 1e-6, "maxcor": 30}
    found = minimize(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    heights = steps @ found.x[1:]
    for low, high in ends if signed else []:
        heights[high], heights[low] = max(heights[high], AT_LEAST), min(heights[low], AT_MOST)
    return found.x[0], heights


def of_other_pairs(table, odds):
    """What batch/neighbours.rs measures, from these odds where it depends on them."""
    partners = {}
    for a, b, bits in zip(table.a, table.b, odds / BIT):
        partners.setdefault(a, []).append((b, bits))
        partners.setdefault(b, []).append((a, bits))
    for item, found in partners.items():
        partners[item] = sorted(found, key=lambda partner: (-partner[1], partner[0]))[:MAX_PARTNERS]

    def lead(item, other, bits):
        best = next((theirs for partner, theirs in partners[item] if partner != other), NOBODY)
        return min(max(bits - best, NOBODY), -NOBODY)

    rows = []
    for a, b, bits in zip(table.a, table.b, odds / BIT):
        leads = lead(a, b, bits), lead(b, a, bits)
        of_b = dict(partners[b])
        common = max((min(theirs, of_b[item]) for item, theirs in partners[a] if item in of_b), default=-np.inf)
        rows.append((min(leads), max(leads), expit(common * BIT)))
    told = pd.DataFrame(rows, columns=["rival", "rival-of-one", "neighbour"])
    return told.assign(**{"summary-rival": table["summary-rival"].to_numpy()})


def sample(table, random):
    """Pairs that share something, and some of the others, with how many each stands for."""
    close = (table.same == 1) | (table["name-words"].fillna(0) > 0.35) | (table.text.fillna(0) > 0.35)
    kept = close | (random.random(len(table)) < 1 / ONE_IN)
    return table[kept], np.where(close[kept], 1, ONE_IN)


def main():
    target, arguments = sys.argv[1], sys.argv[2:]
    random = np.random.default_rng(1)
    tables = [(pd.read_csv(file), float(weight)) for file, weight in zip(arguments[::2], arguments[1::2])]
    learned = [(table, weight) for table, weight in tables if weight > 0]

    samples = [(*sample(table, random), weight) for table, weight in learned]
    pairs = pd.concat([table for table, _, _ in samples])
    counts = np.concatenate([count * weight for _, count, weight in samples])
    prior, heights = fit(pairs, pairs.same.to_numpy(), pairs["by-hand"].to_numpy() * BIT, counts, OF_THE_PAIR, True)

    def odds(table):
        return prior + table["by-hand"].to_numpy() * BIT + design(table, OF_THE_PAIR) @ heights

    # Without a department the odds are right on the whole when they add up to the number of true pairs.
    def surplus(shift, table):
        return expit(odds(table) + shift).sum() - table.same.sum()

    unstated = np.mean([brentq(surplus, -12, 12, args=(table,)) for table, weight in tables if weight == 0])

    others, known, same, counts = [], [], [], []
    for table, weight in learned:
        close = odds(table) > np.log(0.0001)
        table = table[close].reset_index(drop=True)
        others.append(of_other_pairs(table, odds(table)))
        known.append(odds(table))
        same.append(table.same.to_numpy())
        counts.append(np.full(len(table), weight))
    constant, more = fit(
        pd.concat(others), np.concatenate(same), np.concatenate(known), np.concatenate(counts), OF_OTHER_PAIRS, False
    )

    rows = [("prior", 0, prior + unstated)]
    for curves, values, shifted, shift in (
        (OF_THE_PAIR, heights, "department", -unstated),
        (OF_OTHER_PAIRS, more, "rival", constant),
    ):
        at = 0
        for name, (knots, _) in curves.items():
            for knot in knots:
                rows.append((name, knot, values[at] + (shift if name == shifted else 0)))
                at += 1
    with open(target, "w", encoding="utf-8") as out:
        out.write("# Fitted by `cargo xtask fit`; not to be edited by hand.\n# measure\tvalue\tbits\n")
        for name, value, height in rows:
            out.write(f"{name}\t{value:g}\t{round(height / BIT, 2) + 0:g}\n")


main()
