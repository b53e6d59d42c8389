"""What if he sits? Minutes and points of tonight's slate as they would be predicted, from rows that are built anew."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from nba_assets.forecasting.scenarios import Night
from nba_assets.minutes.bundle import MinutesBundle, load_minutes
from nba_assets.modelling.bundles import AT_TIP, Bundle, load, read_distribution
from nba_assets.modelling.distributions import HIGH, LOW
from nba_assets.modelling.matrix import FeatureMatrix
from nba_assets.reference.teams import abbreviation
from nba_assets.registry.catalog import DEFAULT_MARKET, FALLBACKS, FEATURE_NAMES
from nba_assets.registry.loader import ModelFile
from nba_assets.serving import nights, reading
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.reading import Row
from nba_assets.serving.systems import Models
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.database import Database

KEY = ("game_id", "player_id", "decision")
MINUTES = ("minutes_mean", "minutes_p10", "minutes_p90", "play_prob")
POINTS = ("predicted", "p10", "p90")


class Champion(NamedTuple):
    """What predicts points of a slate.

    Attributes:
        cutoff: of its training; None: it is one file or a table.
        model: that is loaded; None: its predictions are a table's, and cannot be made anew.
        distribution_path: by decision.
    """

    model_id: str
    cutoff: date | None
    model: Bundle | ModelFile | None
    distribution_path: Mapping[str, str]


class Held(NamedTuple):
    """Tonight's slate as it is held.

    Attributes:
        version: of the document that named it.
        night: its rows.
        players: who is on it.
        minutes: what predicts its minutes; None: no bundle does.
    """

    version: str
    night: Night
    players: frozenset[int]
    minutes: MinutesBundle | None


class WhatIfs:
    """Answers what-ifs of tonight's slate; another one is made ready beside it and takes its place at once.

    `reason` says why tonight's slate is not held; None: it is, or there is none.

    Args:
        database: with the document `night`.
        artifacts: with the slate's facts, bundles and distributions.
        models: that are loaded.
    """

    def __init__(self, database: Database, artifacts: Artifacts, models: Models) -> None:
        """Hold nothing yet."""
        self._database, self._artifacts, self._models = database, artifacts, models
        self._held: Held | None = None
        self.reason: str | None = None

    def refresh(self) -> None:
        """Make another slate ready if there is one. What is held stays if that fails.

        Raises:
            DatabaseError: it cannot be read.
            ArtifactError: a file of the slate is gone.
        """
        found = reading.document(self._database, "night")
        if found is None or (self._held and self._held.version == found[0]):
            return
        document = json.loads(found[1])
        try:
            night = Night(nights.read(self._artifacts, document), date.fromisoformat(document["game_date"]))
            minutes = load_minutes(self._artifacts, document["minutes"]) if document["minutes"] else None
        except Exception:  # Whatever it is, /ready says so, and it goes on to the log.
            self.reason = "what-ifs: the facts of tonight's slate, or its minutes model, cannot be read"
            raise
        self._held, self.reason = Held(found[0], night, frozenset(night.rows["player_id"]), minutes), None

    @property
    def day(self) -> date | None:
        """The date that is held; None: none is yet."""
        return self._held.night.day if self._held else None

    @property
    def players(self) -> frozenset[int]:
        """Who is on the slate that is held."""
        return self._held.players if self._held else frozenset()

    @property
    def held_version(self) -> str:
        """The version of what is held."""
        return self._held.version if self._held else "none"

    def version(self) -> str:
        """Return what answers are made of, in one word."""
        return f"{self.held_version}.{self._models.state}.{reading.state(self._database)}"

    def without(self, out: Iterable[int]) -> Row:
        """Return minutes and points of everybody in the games of some players, as known and as if those were out.

        Returns:
            game_date, model (who predicts points), cutoff and minutes_cutoff (of what predicts points and minutes), and
            players: per player who would play, at the game's last decision, game_id, player_id, player_name, team, decision,
            MINUTES and POINTS as they are, and with `_if` as they would be, given that the player plays; null: not predicted.

        Raises:
            ProblemError: 503: no slate is held yet; 404: somebody is not on it.
            ArtifactError: the distribution of the champion is gone.
        """
        held, sitting = self._held, frozenset(out)
        if held is None:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "no slate is ready for what-ifs yet; try again soon")
        strangers = sorted(sitting - held.players)
        if strangers:
            detail = f"not on the slate of {held.night.day}: {', '.join(map(str, strangers))}"
            raise ProblemError(HTTPStatus.NOT_FOUND, detail, strangers=strangers)
        return self._compared(held, sitting)

    def _compared(self, held: Held, sitting: frozenset[int]) -> Row:
        day = held.night.day
        served = pl.DataFrame(reading.decided(self._database, day), schema={"game_id": pl.String, "decision": pl.String})
        changed = held.night.without(sorted(sitting)).join(served, on=["game_id", "decision"], how="semi")
        before = held.night.rows.join(changed.select(KEY), on=KEY, how="semi", maintain_order="left")
        champion = self._champion(day)
        known, later = (_predicted(rows, held.minutes, champion, self._artifacts) for rows in (before, changed))
        who = changed.filter(~pl.col("is_out")).select(
            *KEY, "player_name", abbreviation("team_id").alias("team"), pl.col("tip_off")
        )
        renamed = later.rename({name: f"{name}_if" for name in (*MINUTES, *POINTS)})
        both = who.join(known, on=KEY, how="left").join(renamed, on=KEY, how="left")
        order = ["tip_off", "game_id", "team", "minutes_mean_if", "player_id"]
        rows = both.sort(order, descending=[False, False, False, True, False], nulls_last=True).drop("tip_off")
        players = rows.with_columns(pl.selectors.float().fill_nan(None)).to_dicts()
        minutes_cutoff = held.minutes.minutes.meta.training_cutoff if held.minutes else None
        about = {"game_date": day, "model": champion.model_id, "cutoff": champion.cutoff, "minutes_cutoff": minutes_cutoff}
        return {**about, "players": players}

    def _champion(self, day: date) -> Champion:
        """Who has predicted the slate, with the bundle that did: a newer one may be loaded since."""
        rows = reading.predictions(self._database, day, DEFAULT_MARKET)
        if not rows:
            return Champion("nobody", None, None, {})
        model_id = rows[-1]["model_id"]
        paths = {row["decision"]: row["distribution_path"] for row in rows if row["model_id"] == model_id}
        system = self._models.systems.get(model_id)
        model = system.model if system else None
        if isinstance(model, Bundle):
            model = load(self._artifacts, next(iter(paths.values())))
        return Champion(model_id, rows[-1]["training_cutoff"], model, paths)


def _predicted(rows: pl.DataFrame, minutes: MinutesBundle | None, champion: Champion, artifacts: Artifacts) -> pl.DataFrame:
    """KEY, MINUTES and POINTS of feature rows; null: not predicted."""
    nothing = [pl.lit(None, pl.Float64).alias(name) for name in MINUTES]
    found = rows.select(KEY).hstack(minutes.predict(rows).select(MINUTES)) if minutes else rows.select(*KEY, *nothing)
    parts = [_points(part, champion, artifacts) for part in rows.partition_by("decision", maintain_order=True)]
    points = pl.concat([pl.DataFrame(schema=_schema(rows)), *parts])
    return found.join(points, on=KEY, how="left", maintain_order="left")


def _schema(rows: pl.DataFrame) -> dict[str, Any]:
    return {**{name: rows.schema[name] for name in KEY}, **dict.fromkeys(POINTS, pl.Float64)}


def _points(rows: pl.DataFrame, champion: Champion, artifacts: Artifacts) -> pl.DataFrame:
    """KEY and POINTS of the rows of one decision."""
    path = champion.distribution_path.get(rows["decision"][0])
    if champion.model is None or path is None:
        return pl.DataFrame(schema=_schema(rows))
    matrix = FeatureMatrix(rows, FEATURE_NAMES, FALLBACKS)
    values = champion.model.predict(matrix)
    quantiles = read_distribution(artifacts, path).quantiles(values, matrix.column("expected_minutes"), matrix.column(AT_TIP))
    found = {"predicted": values, "p10": quantiles[:, LOW], "p90": quantiles[:, HIGH]}
    return rows.select(KEY).with_columns(pl.Series(name, np.asarray(each)) for name, each in found.items())
