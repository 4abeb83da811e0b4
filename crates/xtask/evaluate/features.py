"""What two records have in common, as numbers."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from records import stated

TEXTS = ("name", "summary", "keywords", "department")
EXACT = ("department", "organisation", "kind", "endpoint", "basicCode", "region", "level", "audience")


def features(records, left, right, fields=None):
    """One row for each pair, and the fields that it used; a list that is scored uses those of the one learned from."""
    fields = fields or (stated(records, *TEXTS), stated(records, *EXACT))
    texts, exact = fields
    columns = []
    for column in texts:
        values = records[column].tolist()
        columns.append(cosine(values, left, right, analyzer="char_wb", ngram_range=(3, 5)))
        columns.append(cosine(values, left, right, analyzer="word", token_pattern=r"\w+"))
        columns.append(length_ratio(values, left, right))
    columns.append(cosine((records["name"] + " " + records["summary"]).tolist(), left, right))
    for column in exact:
        columns.append(equal(records[column].to_numpy(), left, right))
    if "endpoint" in exact:
        hosts = records["endpoint"].str.extract(r"//([^/]*)", expand=False).fillna("").to_numpy()
        columns.append(equal(hosts, left, right))
    return np.column_stack(columns), fields


def cosine(texts, left, right, **how):
    """Cosine of the TF-IDF vectors; not a number where a text is empty."""
    empty = np.array([not text.strip() for text in texts])
    result = np.full(len(left), np.nan, dtype=np.float32)
    if empty.all():
        return result
    how = how or {"analyzer": "char_wb", "ngram_range": (2, 4)}
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
