"""Splink 5 on DuckDB: Fellegi–Sunter.

Variants: `em`, its own estimation on the list itself without labels (u by random sampling, m by expectation maximisation under
two blockings, the prior from equal names); `labels`, m and the prior from the labelled train half, u by random sampling there.

Names are compared by Jaro–Winkler, descriptions by the cosine of their TF-IDF vectors, reduced to a fixed length as DuckDB wants
it; department, organisation and shared code by equality. Programme, kind and endpoint are left out where there is a department:
they go with it, which the model takes for independent evidence, and on Canada's train half every one of them made it worse. Every
pair of the list is scored, so that no tool loses pairs by blocking.
"""

import logging

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from records import all_pairs, arguments, same_entity, stated, write

DIMENSIONS = 128
"""Length of the reduced vectors."""

OPENING = 40
"""Letters of a description that block in the estimation of the name's m."""


def vectors(texts):
    """Unit vectors of the texts; none where a text is empty."""
    found = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 4)).fit_transform(texts)
    size = max(2, min(DIMENSIONS, min(found.shape) - 1))
    found = normalize(TruncatedSVD(size, random_state=1).fit_transform(found))
    return [list(map(float, row)) if text.strip() else None for row, text in zip(found, texts)]


def by_cosine(column, steps):
    """Levels of cosine similarity."""
    return comparisons.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            levels.NullLevel(column),
            *(levels.CosineSimilarityLevel(column, step) for step in steps),
            levels.ElseLevel(),
        ],
    )


def prepare(records, columns):
    """The columns with texts as vectors."""
    frame = records[["id", *columns]].copy()
    frame["name"] = frame["name"].str.lower().str.strip()
    if "summary" in columns:
        frame["opening"] = frame["summary"].str.lower().str[:OPENING]
        frame["summary_vector"] = vectors(frame.pop("summary").tolist())
    return frame.replace({"": None})


def settings(columns):
    """A comparison for each stated field; every pair is scored."""
    found = [comparisons.JaroWinklerAtThresholds("name", [0.97, 0.94, 0.9, 0.85, 0.8, 0.7])]
    if "summary" in columns:
        found.append(by_cosine("summary_vector", (0.98, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)))
    exact = ("department", "organisation", "basicCode", "region", "level")
    if "department" not in columns:
        exact += ("kind", "audience", "endpoint")
    found.extend(comparisons.ExactMatch(column) for column in exact if column in columns)
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=found,
        blocking_rules_to_generate_predictions=["1=1"],
        retain_matching_columns=False,
        max_iterations=50,
    )


def linker_of(frame, model):
    """A linker over the frame, its vectors of fixed length."""
    database = duckdb.connect()
    vector = [column for column in frame.columns if column.endswith("_vector")]
    sizes = {column: len(next(row for row in frame[column] if row is not None)) for column in vector}
    database.register("given", frame)
    database.execute("CREATE TABLE list AS FROM given")
    for column, size in sizes.items():
        database.execute(f"ALTER TABLE list ALTER {column} TYPE FLOAT[{size}]")
    return Linker(DuckDBAPI(database).register("list"), model, log_level=None)


def estimate(linker, frame):
    """EM: what blocks is not estimated in that session, so the name needs another one."""
    linker.training.estimate_probability_two_random_records_match([block_on("name")], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    other = next((column for column in ("opening", "department") if column in frame.columns), None)
    for rule in [block_on("name"), block_on(other)] if other else ["1=1"]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)


def learn(train, columns):
    """A model whose m and prior are those of the labelled train half."""
    frame = prepare(train, columns).assign(entity=train["entity"])
    linker = linker_of(frame, settings(columns))
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_m_from_label_column("entity")
    model = linker.misc.save_model_to_json()
    model["probability_two_random_records_match"] = float(same_entity(train, *all_pairs(train)).mean())
    return model


def main():
    """Estimates the model and scores every pair."""
    logging.disable(logging.WARNING)
    records, train, out, variant = arguments()
    columns = stated(records, *(column for column in records.columns if column != "id"))
    if variant == "labels":
        columns = stated(train, *columns)
        linker = linker_of(prepare(records, columns), learn(train, columns))
    else:
        frame = prepare(records, columns)
        linker = linker_of(frame, settings(columns))
        estimate(linker, frame)
    scored = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    place = {record: at for at, record in enumerate(records["id"])}
    left = scored["id_l"].map(place).to_numpy()
    right = scored["id_r"].map(place).to_numpy()
    write(records, left, right, scored["match_probability"].to_numpy(), out)


if __name__ == "__main__":
    main()
