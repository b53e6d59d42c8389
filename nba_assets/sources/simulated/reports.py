"""The facts that a simulated season leaves behind, each with the time at which it could be known."""

from datetime import time, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.calendar import MIDNIGHT, STARTERS_BEFORE_TIP, box_score_known_at, eastern_expr
from nba_assets.sources.simulated import coaches, market
from nba_assets.sources.simulated.coaches import BACK, OUT
from nba_assets.sources.simulated.game_records import TRACKED, Sheet, box_counts, play_by_play, tracking
from nba_assets.sources.simulated.games import SHOT
from nba_assets.sources.simulated.players import SKILLS
from nba_assets.sources.simulated.season import TEAM_IDS, Played, Season
from nba_assets.tables import facts
from nba_assets.tables.contracts import Table

CORRECTED, CORRECTED_AFTER = 0.012, timedelta(hours=37)
MORNING_REPORT, REPORT_BEFORE_TIP = time(11, 0), timedelta(hours=2)
SCRATCH_BEFORE_TIP, BACK_BEFORE_TIP = timedelta(minutes=22), timedelta(minutes=45)
# Who will be back by then is not ruled out until shortly before the game. Some who play are not certain to, either: often those
# who were out in the days before.
NEARLY_BACK_DAYS, JUST_BACK_DAYS = 1, 7
LISTED, LISTED_WHEN_BACK = 0.03, 0.25
# What is said of them, by whether they will be out or play: shares of `WORDS`, of words that are said the day before already,
# and of these that morning reports make certain.
EVENING_REPORT = time(17, 30)
WORDS, WORDS_OF = ("doubtful", "questionable", "probable"), ((0.4, 0.52, 0.08), (0.02, 0.4, 0.58))
EARLY, SETTLED = 0.6, (0.15, 0.6)
NOTED_FROM_DAYS, NOTED_WITHIN, REVIEWED_AFTER = 3, 3, 14
AILMENTS = ("sprained left ankle", "sore right knee", "strained hamstring", "illness", "bruised thigh", "back spasms")
GAME = ("season", "season_type", "game_id", "game_date")


class SeasonReports:
    """The facts of a season; those of single plays are made when they are asked for."""

    def __init__(self, season: Season, rng: np.random.Generator) -> None:
        """Write down what is small.

        Args:
            season: after its run.
            rng: of reports and offers; it changes no game.
        """
        self.season, self.rng = season, rng
        self.of_words = rng.spawn(1)[0]
        players = season.players
        self.names = dict(zip(players["player_id"].tolist(), players["player_name"].tolist(), strict=True))
        self.corrections = [_corrections(rng, played) for played in season.played]
        made = [self._of_games(*games) for games in zip(season.played, self.corrections, strict=True)]
        self.facts = {name: pl.concat(frames[name] for frames in made) for name in made[0]}
        self.facts["schedule_notices"] = pl.concat(season.notices, how="diagonal")
        self.facts["injury_reports"] = self._injury_reports()
        self._tracking_seed = int(rng.integers(2**32))

    def read(self, table: Table) -> pl.DataFrame:
        """Return the facts of one table."""
        if table == facts.QUARANTINE:
            return table.empty()
        if table == facts.PLAY_BY_PLAY:
            return self.play_by_play()
        return self.tracking if table == facts.TRACKING_GAMES else self.facts[table.name]

    def _of_games(self, played: Played, wrong: Ints) -> dict[str, pl.DataFrame]:
        impact = self._skill(played, "offence"), self._skill(played, "defence")
        teams = played.games.select("home", "away").to_numpy()
        tempo = np.exp(self.season.tempo[teams].mean(-1))
        volume = self._skill(played, "volume") + played.form.drift
        worth = self.season.worth[played.players]
        snapshots: dict[str, list[pl.DataFrame]] = {"game_lines": [], "prop_lines": []}
        for close, meant in ((False, played.meant[0]), (True, played.meant[2])):
            points, margin = market.forecast(meant, volume, worth, impact, tempo)
            listed = meant >= market.LISTED_MINUTES
            snapshots["game_lines"].append(market.game_lines(self.rng, played.games, margin, points.sum((1, 2)), close=close))
            ids = self.season.players["player_id"][played.players]
            snapshots["prop_lines"].append(market.points_lines(self.rng, played.games, ids, points, listed, close=close))
        lines = {name: pl.concat(frames) for name, frames in snapshots.items()}
        return lines | {"availability": self._availability(played), "box_scores": self._box_scores(played, wrong)}

    def _skill(self, played: Played, name: str) -> Floats:
        return played.slate.skills[..., SKILLS.index(name)]

    def _availability(self, played: Played) -> pl.DataFrame:
        """Who is out, as reported in the morning, changed or reported late; and the starters, twice if need be."""
        status, meant, types = played.status, played.meant, played.slate.archetypes
        tip = pl.col("tip_off")
        report = pl.min_horizontal(eastern_expr(pl.col("game_date"), MORNING_REPORT), tip - REPORT_BEFORE_TIP)
        announced, final = np.zeros(status.shape, dtype=bool), np.zeros(status.shape, dtype=bool)
        np.put_along_axis(announced, coaches.five(meant[1], types), values=True, axis=-1)
        np.put_along_axis(final, played.slate.starters, values=True, axis=-1)
        health, day = self.season.health, played.games["day"].to_numpy()[:, None, None]
        rests = health.rests[played.players, day]
        soon = np.minimum(day + NEARLY_BACK_DAYS, health.status.shape[1] - 1)
        doubtful = (status == BACK) | ((status == OUT) & ~rests & (health.status[played.players, soon] == 0))
        morning, before, end = meant < 0
        word, early, settled = self._said(played, (status == 0) & (meant[0] > 0), morning & doubtful)
        unsure = word < len(WORDS)
        evening = eastern_expr(pl.col("game_date"), EVENING_REPORT, -1)
        back, scratch = tip - BACK_BEFORE_TIP, tip - SCRATCH_BEFORE_TIP
        reported = (
            (morning & (status == OUT) & ~rests & ~doubtful, "out", "injured", report),
            (morning & (status == OUT) & rests, "out", "rest", report),
            *(
                (told & (word == number), name, "nearly recovered", said)
                for number, name in enumerate(WORDS)
                for told, said in ((early, evening), (unsure & ~early, report))
            ),
            (settled & before, "out", "not ready", report),
            (settled & ~before, "available", "upgraded", report),
            (unsure & ~settled & before, "out", "not ready", back),
            (unsure & ~settled & ~before, "available", "upgraded", back),
            (~morning & before, "out", "not needed", back),
            (announced, "starter", None, tip - STARTERS_BEFORE_TIP),
            (~before & end, "out", "late scratch", scratch),
            (before & ~end & ~final, "available", "fills in", scratch),
            (final & ~announced, "starter", None, scratch),
            (announced & ~final & ~end, "available", "does not start", scratch),
        )
        return pl.concat(
            self.people(played, who).with_columns(status=pl.lit(status), reason=pl.lit(reason, pl.String), known_at=known_at)
            for who, status, reason, known_at in reported
        )

    def _said(self, played: Played, fit: Bools, doubtful: Bools) -> tuple[Ints, Bools, Bools]:
        """What is said of players who may be out: which of WORDS, whether it is the day before, whether mornings settle it."""
        rng, out = self.of_words, (self.season.health.status > 0).cumsum(axis=1)
        yesterday = np.maximum(played.games["day"].to_numpy()[:, None, None] - 1, 0)
        days = out[played.players, yesterday] - out[played.players, np.maximum(yesterday - JUST_BACK_DAYS, 0)]
        unsure = doubtful | (fit & (rng.random(fit.shape) < np.where(days > 0, LISTED_WHEN_BACK, LISTED)))
        plays = (fit | (played.status == BACK)).astype(np.int64)
        early = unsure & (days > 0) & (rng.random(fit.shape) < EARLY)
        settled = early & (rng.random(fit.shape) < np.take(SETTLED, plays))
        word = (rng.random((*fit.shape, 1)) > np.cumsum(WORDS_OF, axis=1)[plays, :-1]).sum(-1)
        return np.where(unsure, word, len(WORDS)), early, settled

    def people(self, played: Played, who: Bools) -> pl.DataFrame:
        """Return one row per marked player: columns of the game, id, name and team; `at` is the place in the arrays."""
        game, side, slot = np.nonzero(who)
        players = self.season.players[played.players[game, side, slot]]
        teams = played.games.select("home_team_id", "away_team_id").to_numpy()
        return played.games[game].with_columns(
            player_id=players["player_id"].copy(),
            player_name=pl.Series(players["player_name"].tolist(), dtype=pl.String),
            team_id=teams[game, side],
            opponent_team_id=teams[game, 1 - side],
            is_home=side == 0,
            at=np.flatnonzero(who),
        )

    def _box_scores(self, played: Played, wrong: Ints) -> pl.DataFrame:
        """Known at 02:00 ET; some give a basket to a teammate first and are corrected two days later."""
        counts = box_counts(self.sheet(played))
        starts = np.zeros(played.status.shape, dtype=bool)
        np.put_along_axis(starts, played.slate.starters, values=True, axis=-1)
        present = counts.pop("present") > 0
        seconds = played.plays.seconds
        sheet = self.people(played, present).with_columns(
            starter=starts[present],
            seconds_played=seconds[present],
            minutes=(seconds[present] + 30) // 60,
            known_at=box_score_known_at(pl.col("game_date")),
            **{name: values[present] for name, values in counts.items()},
        )
        c, shape = played.plays.columns, played.status.shape
        game, side = c["game"][wrong[:, 0]], c["attack"][wrong[:, 0]].astype(np.int64)
        places = [c["on"][wrong[:, 0], side, place] for place in (c["user"][wrong[:, 0]], wrong[:, 1])]
        change = pl.DataFrame(
            {
                "at": np.concatenate([np.ravel_multi_index((game, side, place), shape) for place in places]),
                "baskets": np.repeat([-1, 1], len(game)),
            }
        )
        both = sheet.join(change, on="at", how="left", maintain_order="left")
        first = pl.col("baskets").fill_null(0)
        return pl.concat(
            [
                both.with_columns(pl.col("pts") + 2 * first, pl.col("fga") + first, pl.col("fgm") + first),
                both.filter(pl.col("baskets").is_not_null()).with_columns(pl.col("known_at") + CORRECTED_AFTER),
            ]
        )

    def _injury_reports(self) -> pl.DataFrame:
        """Notes of the injured list: they come up to three days late, long ones are looked at again, and end."""
        season, health = self.season, self.season.health
        player, first, back = health.injuries[health.injuries[:, 2] - health.injuries[:, 1] >= NOTED_FROM_DAYS].T
        late = self.rng.integers(1, 1 + NOTED_WITHIN, len(player))
        what = [AILMENTS[int(number)] for number in self.rng.integers(0, len(AILMENTS), len(player))]
        again = back - first > 2 * REVIEWED_AFTER
        written = [
            (first + np.minimum(late, back - first - 1), [f"placed on IL with {ailment}" for ailment in what], first >= 0),
            (first + REVIEWED_AFTER, [f"{ailment} (out for the near future)" for ailment in what], again),
            (back, ["activated from IL"] * len(player), back > 0),
        ]
        deadline = (season.deadline - season.opening).days
        notes: list[pl.DataFrame] = []
        for day, text, wanted in written:
            kept = wanted & (day <= season.played[-1].games["day"].max())
            team = np.where(day > deadline, season.players["team"][player], season.opening_players["team"][player])
            notes.append(
                pl.DataFrame(
                    {
                        "report_date": (np.datetime64(season.opening, "D") + day)[kept],
                        "team_id": TEAM_IDS[team][kept],
                        "player_name": season.players["player_name"][player][kept].tolist(),
                        "note": [note for note, keep in zip(text, kept, strict=True) if keep],
                    }
                )
            )
        known_at = eastern_expr(pl.col("report_date"), MIDNIGHT, days_later=1)
        return pl.concat(notes).unique(maintain_order=True).with_columns(known_at=known_at)

    def sheet(self, played: Played) -> Sheet:
        """Return the plays of some games with who played them."""
        teams = played.games.select("home_team_id", "away_team_id").to_numpy()
        short = {number: f"{name[0]}. {name.split(' ', 1)[1]}" for number, name in self.names.items()}
        return Sheet(played.plays, self.season.players["player_id"][played.players], short, teams)

    def play_by_play(self) -> pl.DataFrame:
        """Return the facts `play_by_play`, all versions."""
        found: list[pl.DataFrame] = []
        for played, wrong in zip(self.season.played, self.corrections, strict=True):
            sheet = self.sheet(played)
            games = played.games.select(*GAME, known_at=box_score_known_at(pl.col("game_date")))
            events = play_by_play(sheet)
            events = pl.concat([events, games[events["game"]]], how="horizontal")
            c = played.plays.columns
            row = wrong[:, 0]
            on = c["on"][row, c["attack"][row], wrong[:, 1]]
            other = sheet.players[c["game"][row], c["attack"][row].astype(np.int64), on]
            swapped = pl.DataFrame({"play": row, "other": other})
            first = events.join(swapped, on="play", how="left", maintain_order="left")
            scorer = pl.col("other").is_not_null() & (pl.col("action_type") == "2pt")
            corrected = first.filter(scorer).with_columns(pl.col("known_at") + CORRECTED_AFTER)
            name = pl.col("other").replace_strict(sheet.names, default=None, return_dtype=pl.String)
            mistaken = pl.col("description").str.replace(r"^\S+ \S+( [IV]+)?", name)
            found += [
                first.with_columns(
                    person_id=pl.when(scorer).then("other").otherwise("person_id"),
                    description=pl.when(scorer).then(mistaken).otherwise("description"),
                ),
                corrected,
            ]
        return pl.concat(found)

    @cached_property
    def tracking(self) -> pl.DataFrame:
        """Return the facts `tracking_games`."""
        rng, found = np.random.default_rng(self._tracking_seed), list[pl.DataFrame]()
        for played in self.season.played:
            sheet = self.sheet(played)
            columns, present = tracking(rng, sheet, self._skill(played, "passing")), box_counts(sheet)["present"] > 0
            values = {name: columns[name][present] for name in TRACKED}
            people = self.people(played, present).with_columns(known_at=box_score_known_at(pl.col("game_date")))
            found.append(people.with_columns(**values))
        return pl.concat(found)


def _corrections(rng: np.random.Generator, played: Played) -> Ints:
    """Return (k, 2): rows of baskets that were first given to another of the five, and their places: one per game at most."""
    c = played.plays.columns
    alone = (c["kind"] == SHOT) & (c["made"] > 0) & (c["zone"] < 3) & (c["thrown"] == 0) & (c["passer"] < 0)
    rows = np.flatnonzero(alone)
    rows = rows[rng.permutation(len(rows))]
    _, first = np.unique(c["game"][rows], return_index=True)
    rows = np.sort(rows[first][rng.random(len(first)) < CORRECTED])
    return np.stack([rows, (c["user"][rows] + 1 + rng.integers(0, 4, len(rows))) % 5], 1)
