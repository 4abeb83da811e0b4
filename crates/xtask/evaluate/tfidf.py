"""The baseline: cosine of character-n-gram TF-IDF vectors, thresholded.

Variants: `name`, the name alone; `department`, name and description, only within one department; `weighted`, every field.
"""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from records import all_pairs, arguments, stated, write

NAME, SUMMARY = 0.6, 0.4
"""Shares of name and description within one department."""

WEIGHTS = {"name": 0.3, "summary": 0.3, "department": 0.3, "keywords": 0.1}
"""Shares of the fields in the weighted variant; of those that are stated anywhere."""


def similarity(texts, left, right):
    """Cosine for each pair. Nothing is alike to an empty text."""
    if not any(texts):
        return np.zeros(len(left))
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), dtype=np.float32).fit_transform(texts)
    return (vectors @ vectors.T).toarray()[left, right].clip(0, 1)


def main():
    """Scores all pairs of the list."""
    records, _, out, variant = arguments()
    left, right = all_pairs(records)

    def of(column):
        return similarity(records[column].tolist(), left, right)

    if variant == "name":
        scores = of("name")
    elif variant == "department":
        department = records["department"].to_numpy()
        scores = (NAME * of("name") + SUMMARY * of("summary")) * (department[left] == department[right])
    else:
        columns = stated(records, *WEIGHTS)
        scores = sum(WEIGHTS[column] * of(column) for column in columns) / sum(WEIGHTS[column] for column in columns)
    write(records, left, right, scores, out)


if __name__ == "__main__":
    main()
