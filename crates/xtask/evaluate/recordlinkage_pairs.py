"""recordlinkage: its comparisons with one of its classifiers.

Variants: `ecm`, Fellegi–Sunter by expectation conditional maximisation on the list itself, without labels; `logistic`, logistic
regression trained on every pair of the train half. Every pair of the list is scored.
"""

import pandas as pd
import recordlinkage

from features import cosine
from records import all_pairs, arguments, same_entity, stated, write

TEXTS = ("name", "summary", "keywords")
EXACT = ("department", "organisation", "kind", "endpoint", "basicCode", "region", "level", "audience")

def compare(records, columns):
    """A row of similarities for each pair; nothing that isn't stated is alike."""
    left, right = all_pairs(records)
    frame = records[columns].replace("", None).assign(place=range(len(records)))
    comparison = recordlinkage.Compare()
    for column in columns:
        if column in TEXTS:
            texts = records[column].tolist()
            comparison.compare_vectorized(
                lambda a, b, texts=texts: pd.Series(cosine(texts, a.to_numpy(), b.to_numpy()), index=a.index),
                "place",
                "place",
                label=column,
            )
        else:
            comparison.exact(column, column, label=column)
    if "name" in columns:
        comparison.string("name", "name", method="jarowinkler", label="jarowinkler")
    pairs = pd.MultiIndex.from_arrays([left, right])
    return comparison.compute(pairs, frame).fillna(0.0), left, right


def main():
    """Scores every pair of the list."""
    records, train, out, variant = arguments()
    columns = stated(records, *TEXTS, *EXACT)
    if variant == "logistic":
        columns = [column for column in columns if column in stated(train, *columns)]
        known, left, right = compare(train, columns)
        model = recordlinkage.LogisticRegressionClassifier()
        model.fit(known, known.index[same_entity(train, left, right)])
        found, left, right = compare(records, columns)
    else:
        found, left, right = compare(records, columns)
        # It takes agreement or none, so similarities are cut in the middle; the name once more where it is nearly equal.
        found = found.drop(columns="jarowinkler").assign(equal=found["name"] > 0.95)
        found = (found > 0.5).astype(int)
        found = found.loc[:, found.nunique() > 1]
        model = recordlinkage.ECMClassifier(init="jaro", max_iter=200)
        model.fit(found)
    write(records, left, right, model.prob(found).to_numpy(), out)


if __name__ == "__main__":
    main()
