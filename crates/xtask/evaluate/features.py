"""What two records have in common, as numbers."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from records import stated

TEXTS = ("name", "summary", "keywords", "department")
EXACT = ("department", "organisation", "kind", "endpoint", "basicCode", "region", "level", "audience")


NAME, SUMMARY = 0.6, 0.4
"""Shares of name and description in what is compared within one department."""


def features(records, left, right, fields=None):
    """One row for each pair, and the fields that it used; a list that is scored uses those of the one learned from."""
    fields = fields or (stated(records, *TEXTS), stated(records, *EXACT))
    texts, exact = fields
    alike = {column: cosine(records[column].tolist(), left, right) for column in texts}
    columns = list(alike.values())
    for column in texts:
        values = records[column].tolist()
        columns.append(cosine(values, left, right, analyzer="word", token_pattern=r"\w+"))
        columns.append(length_ratio(values, left, right))
    same = {column: equal(records[column].to_numpy(), left, right) for column in exact}
    columns.extend(same.values())
    if "endpoint" in exact:
        hosts = records["endpoint"].str.extract(r"//([^/]*)", expand=False).fillna("").to_numpy()
        columns.append(equal(hosts, left, right))
    within = NAME * np.nan_to_num(alike["name"])
    if "summary" in texts:
        within = within + SUMMARY * np.nan_to_num(alike["summary"])
    if "department" in exact:
        within = within * np.nan_to_num(same["department"])
    columns.append(within)
    for values in [within, *(alike[column] for column in ("name", "summary") if column in texts)]:
        columns.extend(against_others(values, len(records), left, right))
    return np.column_stack(columns), fields


def plausible(records, left, right):
    """Pairs alike enough in name or description that there is something to decide."""
    found = cosine(records["name"].tolist(), left, right) > 0.15
    return found | (cosine(records["summary"].tolist(), left, right) > 0.15)


def against_others(values, count, left, right):
    """How far a pair stands behind the best that either record has, behind the better of those, and how many are near."""
    values = np.nan_to_num(values).astype(np.float32)
    matrix = np.zeros((count, count), dtype=np.float32)
    matrix[left, right] = values
    matrix[right, left] = values
    best, near = matrix.max(axis=1), (matrix > 0.5).sum(axis=1)
    higher, lower = np.maximum(best[left], best[right]), np.minimum(best[left], best[right])
    return values - higher, values - lower, near[left] + near[right]


def cosine(texts, left, right, **how):
    """Cosine of the TF-IDF vectors; not a number where a text is empty."""
    empty = np.array([not text.strip() for text in texts])
    result = np.full(len(left), np.nan, dtype=np.float32)
    if empty.all():
        return result
    how = how or {"analyzer": "char_wb", "ngram_range": (3, 5)}
    vectors = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **how).fit_transform(texts)
    known = ~(empty[left] | empty[right])
    result[known] = (vectors @ vectors.T).toarray()[left[known], right[known]]
    return result


def length_ratio(texts, left, right):
    """Length of the shorter over that of the longer."""
    lengths = np.array([len(text) for text in texts], dtype=np.float32) + 1
    return np.minimum(lengths[left], lengths[right]) / np.maximum(lengths[left], lengths[right])


def equal(values, left, right):
    """1 where equal, 0 where not; not a number where one is not stated."""
    a, b = values[left], values[right]
    return np.where((a == "") | (b == ""), np.nan, (a == b).astype(np.float32))
