"""The reference: gradient boosting over pair features, trained on the train half. It explains nothing."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from features import features
from records import all_pairs, arguments, same_entity, write


def main():
    """Learns from every pair of the train half, then scores every pair of the list."""
    records, train, out, _ = arguments()
    left, right = all_pairs(train)
    model = HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.06, max_leaf_nodes=15, min_samples_leaf=20, l2_regularization=1.0, random_state=1
    )
    known, fields = features(train, left, right)
    model.fit(known, same_entity(train, left, right))
    left, right = all_pairs(records)
    found, _ = features(records, left, right, fields)
    write(records, left, right, model.predict_proba(found)[:, 1], out)


if __name__ == "__main__":
    main()
