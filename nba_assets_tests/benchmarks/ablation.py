"""What each feature, or each family of features, is worth: errors on one season of models that lack it.

`python -m nba_assets_tests.benchmarks.ablation HOME [VERSION]` prints a table. Models learn from games before 2022-10-01 and
are judged on the regular season 2022-23, the validation season; nothing after it is looked at. Two seeds are averaged, and a
difference of 0.002 is noise.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from nba_assets.calendar import MIDNIGHT, eastern
from nba_assets.home import open_home
from nba_assets.modelling.matrix import matrix
from nba_assets.modelling.time_splits import training_set
from nba_assets.points.spec import PARAMETERS, PLAYER_POINTS
from nba_assets.tables import facts
from nba_assets.tables import features as f
from nba_assets.tables.versions import as_of

CUTOFF, END = date(2022, 10, 1), date(2023, 10, 1)
SEEDS, ROUNDS = (1, 2), 500
FAMILIES = {
    "form over 3 games": [name for name in f.FEATURE_VERSIONS["v2_wide"] if name.endswith("_last_3")],
    "form of rates": [name for name in f.FEATURE_VERSIONS["v2_wide"] if name.startswith(("points_per_minute", "fg3a", "fta"))],
    "roles": [feature.name for feature in f.ROLE_FEATURES],
    "load and absences": [feature.name for feature in f.LOAD_FEATURES if feature.name not in f.INJURY],
    "injured lists": list(f.INJURY),
    "season, travel, altitude": ["month", "season_day", "travel_miles", "altitude", "team_rest_days", "opponent_rest_days"],
    "teams": [feature.name for feature in f.TEAM_FEATURES],
    "lines on the game": ["spread", "total", "implied_team_total"],
    "matchup history": ["points_vs_opponent", "games_vs_opponent", "opponent_points_allowed_to_position"],
    "who is out": [feature.name for feature in f.TEAMMATE_FEATURES if "vacated" in feature.name],
    "who is in": [feature.name for feature in f.TEAMMATE_FEATURES if "vacated" not in feature.name],
    "the four scores": ["fatigue_score", "shot_zone_mismatch_score", "pace_score", "usage_spike_score"],
}


def error(names: tuple[str, ...], rows: pl.DataFrame, judged: pl.DataFrame) -> tuple[float, float]:
    """Return the mean absolute error at noon and at tip of a model with some features."""
    import lightgbm

    labels = rows["target"].cast(pl.Float64).to_numpy()
    errors = []
    for seed in SEEDS:
        data = lightgbm.Dataset(matrix(rows, names), labels)
        model = lightgbm.train({**PARAMETERS["lightgbm"], "seed": seed}, data, ROUNDS)
        found = np.maximum(np.asarray(model.predict(matrix(judged, names), num_threads=1)), 0)
        errors.append(np.abs(found - judged["target"].to_numpy()))
    tip = (judged["decision"] == "tip").to_numpy()
    mean = np.mean(errors, axis=0)
    return float(mean[~tip].mean()), float(mean[tip].mean())


def main(home: Path, version: str) -> None:
    """Print the table of a feature version: v2_wide by family, others by feature."""
    warehouse = open_home(home).warehouse
    boxes = as_of(warehouse.read(facts.BOX_SCORES), facts.BOX_SCORES, eastern(END, MIDNIGHT))
    rows = training_set(warehouse.read(f.ML_FEATURE_STORE), boxes, END, PLAYER_POINTS).rows
    before = rows.filter(pl.col("game_date") < CUTOFF)
    judged = rows.filter((pl.col("season") == "2022-23") & (pl.col("season_type") == "Regular Season"))
    names = f.FEATURE_VERSIONS[version]
    lists = {"all": names} | {f"without {one}": _less(names, [one]) for one in names}
    if version == "v2_wide":
        lists = {other: f.FEATURE_VERSIONS[other] for other in f.FEATURE_VERSIONS}
        lists |= {f"without {family}": _less(names, members) for family, members in FAMILIES.items()}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        tasks = {what: pool.submit(error, which, before, judged) for what, which in lists.items()}
        print(f"| {version} | features | noon | tip |\n|---|---|---|---|")
        for what, task in tasks.items():
            noon, tip = task.result()
            print(f"| {what} | {len(lists[what])} | {noon:.4f} | {tip:.4f} |", flush=True)


def _less(names: tuple[str, ...], members: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in members)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "v2_wide")
