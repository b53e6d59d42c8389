"""What the service answers, apart from HTTP: slates, players, distributions and models, from the database and the artifacts."""

import json
from collections.abc import Hashable, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from http import HTTPStatus
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from nba_assets.arrays import Floats
from nba_assets.calendar import EASTERN
from nba_assets.forecasting.betting import prob_over
from nba_assets.modelling.bundles import read_distribution
from nba_assets.modelling.distributions import LEVELS
from nba_assets.reference.names import Names, Person, key, lookup
from nba_assets.serving import reading
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.reading import Row
from nba_assets.serving.systems import Models, System
from nba_assets.serving.what_if import WhatIfs
from nba_assets.stores.artifacts import Artifacts
from nba_assets.stores.database import Database
from nba_assets.stores.relational import is_current

SHOWN_GAMES = 20
# No NBA player has a longer id; SQL has no longer numbers.
LONGEST_ID = 18
SUGGESTED = 5


class Player(NamedTuple):
    """Who is meant."""

    player_id: int
    player_name: str


class Directory:
    """Everybody who was on a served slate, by the name on the newest one; as of a version of all dates."""

    def __init__(self, version: str | None = None, people: Sequence[Person] = ()) -> None:
        """Index them by id and by name in plain letters."""
        self.version, self.names, self._people = version, Names(people), people
        self.by_id = {person.player_id: person.name for person in people}
        self.by_plain_name: dict[str, list[int]] = {}
        self.by_surname: dict[str, list[int]] = {}
        for player_id, name in self.by_id.items():
            self.by_plain_name.setdefault(lookup(name), []).append(player_id)
            self.by_surname.setdefault(key(name).last, []).append(player_id)

    def ids(self, names: Sequence[str]) -> list[int]:
        """Return who has one of these names."""
        return list(dict.fromkeys(person.player_id for person in self._people if person.name in names))

    def like(self, written: str) -> list[str]:
        """Return names that are nearly so, or of which it is a part."""
        plain, asked = {lookup(name): name for name in self.by_id.values()}, lookup(written)
        parts = [spelt for spelt in plain if asked and asked in spelt]
        near = dict.fromkeys([*parts, *get_close_matches(asked, plain)])
        return [plain[spelt] for spelt in near][:SUGGESTED]


class Service:
    """Reads what the graph has written.

    Args:
        database: with the served tables.
        artifacts: with bundles and distributions.
        models: that are loaded.
    """

    def __init__(self, database: Database, artifacts: Artifacts, models: Models) -> None:
        """Open nothing yet."""
        self.database, self.models = database, models
        self.what_ifs = WhatIfs(database, artifacts, models)
        self._artifacts, self._directory = artifacts, Directory()

    def generation(self) -> Hashable | None:
        """Return what differs once any answer may; None: only a read could tell. To be called by one thread only."""
        written = self.database.generation()
        return written and (written, self.models.state, self.what_ifs.held_version, datetime.now(EASTERN).date())

    def missing(self) -> list[str]:
        """Return what the service lacks; nothing: it is ready. Raises DatabaseError."""
        # Asked first: of a database that does not answer nobody knows which tables it has.
        self.database.read(lambda connection: connection.scalar(sa.select(sa.literal(1))))
        if not is_current(self.database):
            return ["the database has no served tables (of this release); a run of the graph makes them"]
        slates = [] if reading.state(self.database) else ["no slate is served yet; `nba-assets predict` makes one"]
        return slates if self.models.version else [*slates, "no models are loaded yet"]

    def system(self, model_id: str) -> System:
        """Return a model. Raises ProblemError: it is not registered, or not enabled."""
        found = self.models.systems.get(model_id)
        if found is None:
            there = ", ".join(sorted(self.models.systems)) or "none"
            raise ProblemError(HTTPStatus.NOT_FOUND, f"no model {model_id!r} is enabled; there is {there}")
        return found

    def champion(self, market: str) -> System:
        """Return the model that serves a market. Raises ProblemError: there is none."""
        for system in self.models.systems.values():
            if system.is_champion and system.market == market:
                return system
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{market} has no champion yet; name a model")

    def metadata(self, model_id: str) -> Row:
        """Return what a model takes and gives, in the words of the Open Inference Protocol. Raises ProblemError."""
        system = self.system(model_id)
        taken = [{"name": name, "datatype": "FP64", "shape": [-1]} for name in system.features]
        given = [{"name": system.market, "datatype": "FP64", "shape": [-1]}]
        versions = [system.content_hash] if system.content_hash else []
        return {"name": model_id, "versions": versions, "platform": system.kind, "inputs": taken, "outputs": given}

    def version(self, day: date) -> str:
        """Return the version of a date. Raises ProblemError: nothing is served of it."""
        found = reading.version(self.database, day)
        if found is None:
            near = [each.isoformat() for each in reading.beside(self.database, day) if each]
            said = f"; there is {' and '.join(near)}" if near else "; nothing is served yet"
            raise ProblemError(
                HTTPStatus.NOT_FOUND, f"there are no games of {day}, or they are not predicted{said}", nearest=near
            )
        return found

    def slate(self, day: date, market: str, decision: str | None, model: str | None) -> Row:
        """Return the predictions of a date, and who is out."""
        rows = reading.predictions(self.database, day, market, decision, model)
        out = reading.out(self.database, day, decision)
        asked = {"game_date": day, "market": market, "decision": decision or "last", "model": model or "champion"}
        return {**asked, "predictions": rows, "out": out}

    def player(self, who: str) -> Player:
        """Return who is meant by an id or a name in any spelling. Raises ProblemError: nobody, or several."""
        known = self._everybody()
        if who.isascii() and who.isdigit() and len(who) <= LONGEST_ID:
            if int(who) not in known.by_id:
                raise ProblemError(HTTPStatus.NOT_FOUND, f"no player of a served slate has the id {who}", suggestions=[])
            return Player(int(who), known.by_id[int(who)])
        meant = known.by_plain_name.get(lookup(who), [])
        if len(meant) != 1:
            found = known.names.resolve(who)
            meant = [found.player_id] if found.player_id else meant or known.ids(found.candidates)
            meant = meant or known.by_surname.get(lookup(who), [])
        if len(meant) > 1:
            candidates = [Player(number, known.by_id[number]) for number in meant]
            listed = ", ".join(f"{player.player_name} (id {player.player_id})" for player in candidates)
            detail = f"{who!r} could be {listed}; ask by id"
            raise ProblemError(HTTPStatus.CONFLICT, detail, candidates=[player._asdict() for player in candidates])
        if not meant:
            near = known.like(who)
            said = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ProblemError(HTTPStatus.NOT_FOUND, f"nobody of a served slate is called {who!r}{said}", suggestions=near)
        return Player(meant[0], known.by_id[meant[0]])

    def about(self, player: Player, market: str) -> Row:
        """Return a player's newest expected box score, and what was predicted of the last games and happened."""
        games = reading.history(self.database, player.player_id, market, SHOWN_GAMES)
        newest = reading.projection(self.database, player.player_id)
        return {**player._asdict(), "market": market, "newest": newest, "games": games}

    def distribution(self, player: Player, market: str, line: float | None) -> Row:
        """Return the quantiles of the newest prediction, and of a line the chances of the over and the under.

        They are the model's own, given that the player plays and that the line is not hit exactly; fair odds are decimal.

        Raises:
            ProblemError: the champion has not predicted the player in this market.
            ArtifactError: the distribution is gone.
        """
        games = reading.history(self.database, player.player_id, market, 1)
        if not games:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"{market} of {player.player_name} is not predicted")
        row = games[0]
        found = self._quantiles(row)
        levels = [
            {"level": round(float(level), 2), "value": float(value)} for level, value in zip(LEVELS, found[0], strict=True)
        ]
        about = {name: row[name] for name in ("game_date", "game_id", "decision", "model_id", "training_cutoff", "predicted")}
        chances = {} if line is None else {"line": line, **_chances(found, line)}
        return {**player._asdict(), "market": market, **about, **chances, "quantiles": levels}

    def lineups(self, team: str) -> Row:
        """Return the lineups of a team, of the newest season that has any rated. Raises ProblemError: none of it are."""
        found = reading.document(self.database, "lineups")
        rows: list[Row] = json.loads(found[1])["lineups"] if found else []
        own = [row for row in rows if row["team"] == team]
        if not own:
            teams = sorted({row["team"] for row in rows})
            said = f"; of {', '.join(teams)} there are" if teams else "; `train_lineups` and then `review` rate some"
            raise ProblemError(HTTPStatus.NOT_FOUND, f"no lineups of {team!r} are rated{said}")
        return {"team": team, "season": own[0]["season"], "lineups": own}

    def chances(self, row: Row, line: float) -> dict[str, float | None]:
        """Return the chances of a line, and fair odds, of a row of predictions. Raises ArtifactError."""
        return _chances(self._quantiles(row), line)

    def _quantiles(self, row: Row) -> Floats:
        minutes = row["expected_minutes"] if row["expected_minutes"] is not None else np.nan
        return read_distribution(self._artifacts, row["distribution_path"]).quantiles(
            np.array([row["predicted"]]), np.array([minutes]), np.array([float(row["decision"] == "tip")])
        )

    def _everybody(self) -> Directory:
        """The directory, read again when any date has changed."""
        version = reading.state(self.database)
        if version != self._directory.version:
            self._directory = Directory(version, reading.people(self.database))
        return self._directory


def _chances(quantiles: Floats, line: float) -> dict[str, float | None]:
    over = float(prob_over(quantiles, np.array([line]))[0])
    return {
        "prob_over": over,
        "prob_under": 1 - over,
        "fair_over": 1 / over if over > 0 else None,
        "fair_under": 1 / (1 - over) if over < 1 else None,
    }
