"""What every peer reads and writes.

Each peer is called as `peer.py RECORDS.csv TRAIN.csv PAIRS.jsonl [VARIANT]`. TRAIN.csv has one more column, `entity`: equal
entities are the same service. It holds only its header where nothing may be learned from. The records to be matched come
without that column: no peer can look.
"""

import sys

import numpy as np
import pandas as pd

SMALLEST = 1e-3
"""Pairs below this score are left out: no threshold that anybody would use lies there."""


def arguments():
    """The records, the records to learn from, where to write, and the variant ('' when there is none)."""
    records, train, out = sys.argv[1:4]
    variant = sys.argv[4] if len(sys.argv) > 4 else ""
    return read(records), read(train), out, variant


def read(path):
    """A list of records; what is not stated is an empty string."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def stated(records, *columns):
    """Those of the columns that any record fills."""
    return [column for column in columns if (records[column] != "").any()]


def all_pairs(records):
    """Every pair of the list, as two arrays of places."""
    return np.triu_indices(len(records), 1)


def same_entity(records, left, right):
    """Whether the pairs of a training list are the same service."""
    entity = records["entity"].to_numpy()
    return entity[left] == entity[right]


def write(records, left, right, scores, out):
    """Writes the scored pairs, one JSON object a line."""
    kept = scores >= SMALLEST
    ids = records["id"].to_numpy()
    pairs = pd.DataFrame({"a": ids[left[kept]], "b": ids[right[kept]], "score": scores[kept]})
    pairs.to_json(out, orient="records", lines=True, double_precision=12)
