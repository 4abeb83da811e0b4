"""Splink 5 on DuckDB over a large made list: `splink_scale.py LIST.csv GROUPS.csv`.

Everything is inside one city (the first four digits of the region), because that is where pairs are judged; so blocking stays in
proportion to the list. Within a city it blocks by code, by the first and by the last letters of the name without brackets. It
writes one group number for each record at each of a few thresholds; the best of them counts.
"""

import logging
import sys

import duckdb
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLDS = (0.5, 0.9, 0.99, 0.999)

RULES = [block_on("city", "code"), block_on("city", "opening"), block_on("city", "ending")]


def main():
    """Reads, estimates, predicts, groups, writes."""
    logging.disable(logging.WARNING)
    path, out = sys.argv[1:3]
    database = duckdb.connect()
    database.execute(
        r"""
        CREATE TABLE list AS
        SELECT id, region[:4] AS city, basicCode AS code, department, kind, name,
               left(letters, 4) AS opening, right(letters, 6) AS ending
        FROM (SELECT *, regexp_replace(name, '[（）()《》，,]', '', 'g') AS letters
              FROM read_csv(?, header = true, all_varchar = true))
        """,
        [path],
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[
            comparisons.JaroWinklerAtThresholds("name", [0.97, 0.94, 0.9, 0.85, 0.8, 0.7]),
            comparisons.ExactMatch("code").configure(term_frequency_adjustments=True),
            comparisons.JaroWinklerAtThresholds("department", [0.9, 0.7]),
            comparisons.ExactMatch("kind"),
        ],
        blocking_rules_to_generate_predictions=RULES,
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI(database).register("list"), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("city", "name")], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("city", "name"), max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("city", "code"), max_pairs=1e6)
    scored = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    columns = []
    for number, threshold in enumerate(THRESHOLDS):
        groups = linker.clustering.cluster_pairwise_predictions_at_threshold(
            scored, threshold_match_probability=threshold
        )
        database.execute(f"CREATE TABLE groups{number} AS SELECT id, cluster_id FROM {groups.physical_name}")
        columns.append(f'groups{number}.cluster_id AS "{threshold}"')
    joins = " ".join(f"JOIN groups{number} USING (id)" for number in range(1, len(THRESHOLDS)))
    database.execute(f"COPY (SELECT id, {', '.join(columns)} FROM groups0 {joins}) TO '{out}' (HEADER)")


if __name__ == "__main__":
    main()
