"""dedupe 3: its string distances and its regularised logistic regression, trained on labelled pairs of the train half.

A steward would label what dedupe asks about; here it gets every true pair of the train half and ten times as many others, most
of them alike in name, as its own sampling prefers. Every pair of the list is scored: its learned blocking is left out.
"""

import dedupe
import numpy as np
from dedupe import variables

from features import cosine
from records import all_pairs, arguments, same_entity, stated, write

OTHERS = 10
"""Pairs that are not the same, for each that is …"""

ALIKE = 0.9
"""… and the share of them that is taken from pairs with names that are alike."""

CHUNK = 50_000


def definition(train, columns):
    """A variable for each stated field."""
    found = [variables.String("name")]
    for column in ("summary", "keywords"):
        if column in columns:
            corpus = [text for text in train[column] if text]
            found.append(variables.Text(column, corpus=corpus, has_missing=True))
    for column in ("department", "organisation", "kind", "endpoint", "basicCode", "region", "level", "audience"):
        if column in columns:
            found.append(variables.ShortString(column, has_missing=True))
    return found


def rows(records, columns):
    """Records as dedupe wants them: what is not stated is None."""
    frame = records[columns]
    return [
        {column: (value.strip().lower() or None) for column, value in row.items()} for row in frame.to_dict("records")
    ]


def sample(train):
    """Places of labelled pairs to learn from, and their labels."""
    left, right = all_pairs(train)
    same = same_entity(train, left, right)
    alike = cosine(train["name"].tolist(), left, right) >= 0.3
    wanted = OTHERS * int(same.sum())
    random = np.random.default_rng(1)
    hard = np.flatnonzero(~same & alike)
    easy = np.flatnonzero(~same & ~alike)
    hard = random.choice(hard, min(len(hard), int(wanted * ALIKE)), replace=False)
    easy = random.choice(easy, min(len(easy), wanted - len(hard)), replace=False)
    chosen = np.concatenate([np.flatnonzero(same), hard, easy])
    return left[chosen], right[chosen], same[chosen].astype(int)


def main():
    """Trains on the train half, then scores every pair of the list."""
    records, train, out, _ = arguments()
    columns = stated(train, *(column for column in records.columns if column != "id"))
    columns = [column for column in columns if column in stated(records, *columns)]
    matcher = dedupe.Dedupe(definition(train, columns), num_cores=1)
    left, right, same = sample(train)
    known = rows(train, columns)
    matcher.classifier.fit(matcher.data_model.distances([(known[a], known[b]) for a, b in zip(left, right)]), same)
    given = rows(records, columns)
    left, right = all_pairs(records)
    scores = np.empty(len(left), dtype=np.float64)
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        pairs = [(given[a], given[b]) for a, b in zip(left[part], right[part])]
        scores[part] = matcher.classifier.predict_proba(matcher.data_model.distances(pairs))[:, 1]
    write(records, left, right, scores, out)


if __name__ == "__main__":
    main()
