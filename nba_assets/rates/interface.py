"""The interface that users' own code and other implementations of rates are written against: pandas frames in and out.

It stays as it is whatever learns the rates: a deep successor of `rates_v1` reads the same features and emits the same columns.
"""

# pyright: standard
# pandas has no annotations of its own: strict checks would only count that against this module.

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from nba_assets.calendar import MIDNIGHT, Dates, eastern
from nba_assets.errors import NbaAssetsError
from nba_assets.features.slate import slate_as_of
from nba_assets.features.store import build_slate, read_facts
from nba_assets.minutes.bundle import MinutesBundle
from nba_assets.minutes.slates import with_minutes
from nba_assets.rates.base import KEY, NAMES, as_modellers_name_it, rate_features
from nba_assets.rates.bundle import RUNS, RatesBundle, load_run
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.warehouse import Warehouse
from nba_assets.tables import facts


class SlateError(NbaAssetsError):
    """A slate or an instant for which no features can be built."""


def load_rates_bundle(run_id: str, artifacts: Artifacts) -> RatesBundle:
    """Load a run of rates by its id, as 'stage2-2023-10-01/0123456789abcdef'.

    Raises:
        ArtifactError: there is no such run, or its files are not the ones that were written.
    """
    return load_run(artifacts, f"{RUNS}/{run_id}")


def predict_rates(df_features: pd.DataFrame, bundle: RatesBundle) -> pd.DataFrame:
    """Return a frame with the index of `df_features` and one column `<target>_mean` per target: expected counts per minute.

    Args:
        df_features: one row per player, game and decision, with the bundle's feature columns; others are not looked at.
        bundle: of this project or of a second implementation.

    Raises:
        PredictionError: a feature is missing, or a model returns something other than one finite number per row.
    """
    named = [name for name in bundle.feature_cols if name in df_features.columns]
    rows = pl.DataFrame({name: df_features[name].to_numpy(dtype="float64", na_value=float("nan")) for name in named})
    means = bundle.means(rows)
    return pd.DataFrame({name: means[name].to_numpy() for name in means.columns}, index=df_features.index)


def build_rates_features_for_slate(
    slate_games: pd.DataFrame, as_of_ts: datetime, minutes_bundle: MinutesBundle, data_root: "Path | str | Warehouse"
) -> pd.DataFrame:
    """Return the features of everybody on the rosters of some games, from what was known at an instant.

    On the instant of a decision a row equals that of `rates_training_base` to the last bit; its further rows are those of
    players who then did not play.

    Args:
        slate_games: columns game_id and game_date.
        as_of_ts: with a time zone, before each game's tip-off.
        minutes_bundle: whose minutes are features.
        data_root: a home folder, or its warehouse.

    Raises:
        SlateError: an instant without time zone, after a tip-off or before the minutes bundle's cutoff, or a game that was
            not scheduled then.
    """
    if as_of_ts.tzinfo is None:
        raise SlateError(f"as_of_ts {as_of_ts} has no time zone")
    at, asked = as_of_ts.astimezone(UTC), _asked(slate_games)
    cutoff = minutes_bundle.minutes.meta.training_cutoff
    if at < eastern(cutoff, MIDNIGHT):
        raise SlateError(f"the minutes bundle of {cutoff} may have learned from games after as_of_ts {at:%Y-%m-%d %H:%M} UTC")
    days = asked["game_date"].to_list()
    dates = Dates(min(days), max(days))
    warehouse = data_root if not isinstance(data_root, Path | str) else _opened(data_root)
    with warehouse.session():
        # Noon may take yesterday's box scores for known; the evening before may not.
        known = read_facts(warehouse, dates).until(at)
        players = warehouse.read(facts.PLAYERS)
    games = slate_as_of(known.schedule_notices, dates, at).join(asked, on=["game_id", "game_date"], how="semi")
    if missing := asked.join(games, on="game_id", how="anti")["game_id"].to_list():
        raise SlateError(f"not on the schedule at {at:%Y-%m-%d %H:%M} UTC: {', '.join(missing[:5])}", source="slate_games")
    begun = games.filter(pl.col("tip_off") <= at)
    if begun.height:
        game_id, tip_off = begun.select("game_id", "tip_off").row(0)
        remedy = "name an instant before it; what is known later would be a leak"
        raise SlateError(f"game {game_id} began at {tip_off:%Y-%m-%d %H:%M} UTC, before as_of_ts", remedy=remedy)
    features = build_slate(known, games).filter("on_roster")
    rows = rate_features(features, with_minutes(features, minutes_bundle), players).sort(KEY)
    return _pandas(as_modellers_name_it(rows))


def _asked(slate_games: pd.DataFrame) -> pl.DataFrame:
    if missing := [name for name in ("game_id", "game_date") if name not in slate_games.columns]:
        raise SlateError(f"slate_games has no column {', '.join(missing)}", source="slate_games")
    if slate_games.empty:
        raise SlateError("slate_games has no games", source="slate_games")
    days = pd.to_datetime(slate_games["game_date"]).dt.date
    return pl.DataFrame({"game_id": [str(game) for game in slate_games["game_id"]], "game_date": list(days)})


def _opened(data_root: Path | str) -> Warehouse:
    from nba_assets.home import open_home

    return open_home(data_root).warehouse


def _pandas(rows: pl.DataFrame) -> pd.DataFrame:
    columns: dict[str, Any] = {name: rows[name].to_numpy() if name in NAMES else rows[name].to_list() for name in rows.columns}
    return pd.DataFrame(columns)
