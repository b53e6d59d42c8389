"""One simulated season, from the schedule to the last game of the playoffs. What it leaves behind is written by `reports`."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, time, timedelta

import numpy as np
import polars as pl

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.calendar import MIDNIGHT, box_score_known_at, eastern_expr
from nba_assets.reference.teams import TEAMS
from nba_assets.sources.simulated import coaches
from nba_assets.sources.simulated.coaches import BACK, LATE, OUT, Health
from nba_assets.sources.simulated.court import Slate
from nba_assets.sources.simulated.games import Plays, play
from nba_assets.sources.simulated.market import points_a_play
from nba_assets.sources.simulated.players import ROSTER, Players, skills, trade
from nba_assets.sources.simulated.possessions import Matchups
from nba_assets.sources.simulated.schedules import HOME_GAMES, Matchup, first_round, regular_season, seeds, tip_off

SEASON_DAYS = 275
POSTPONED, CALLED_OFF = 0.004, time(15, 0)
TRADE_DEADLINE, TRADES = (2, 8), 12
DEPTH, PLAYOFF_DEPTH = (9, 11), 9
PLAYOFF_STAKES = 1.2
TEMPO, NIGHT_TEMPO = 0.027, 0.028
REGULAR, PLAY_IN, PLAYOFFS = "002", "005", "004"
TEAM_IDS = np.array([team.team_id for team in TEAMS])


@dataclass(frozen=True)
class Form:
    """What is certain of games before they begin: axes as in `Slate`.

    Attributes:
        skills: (n, 2, roster, skills).
        archetypes: (n, 2, roster).
        meant: (n, 2, roster): minutes of the rotations.
        drift: (n, 2, roster): plays a player takes in these weeks, log scale.
        tempo: (n,): length of a play of these teams, log scale.
        fragility: (n, 2, roster): how often a player is hurt, relative to others.
    """

    skills: Floats
    archetypes: Ints
    meant: Floats
    drift: Floats
    tempo: Floats
    fragility: Floats


def tonight(rng: np.random.Generator, form: Form, leaves: Floats) -> Slate:
    """Return what one night makes of games: moods of coaches and shooters, the tempo; and who is hurt and when."""
    return Slate(
        skills=form.skills,
        archetypes=form.archetypes,
        target=60 * coaches.tonight(form.meant, rng.normal(0, coaches.NIGHT, form.meant.shape)),
        leaves=leaves,
        hot=np.exp(form.drift + rng.normal(0, coaches.HEAT, form.meant.shape)),
        tempo=np.exp(form.tempo + rng.normal(0, NIGHT_TEMPO, len(form.tempo))),
        starters=coaches.five(form.meant, form.archetypes),
    )


@dataclass(frozen=True)
class Played:
    """Games that were played together.

    Attributes:
        games: one row per game: its columns in the schedule; `home` and `away` as indices into TEAMS; `day` of the season.
        players: (n, 2, roster): who could have played: rows of the season's players.
        status: (n, 2, roster): of `coaches`.
        meant: (3, n, 2, roster): minutes that the coach means to give, from what is known in the morning, half an hour before
            tip-off, and in the end; 0 out of the rotation, -1 out of the game.
        form: before the games.
        slate: what the night made of it.
        plays: what happened.
    """

    games: pl.DataFrame
    players: Ints
    status: Ints
    meant: Floats
    form: Form
    slate: Slate
    plays: Plays

    def winners(self) -> Ints:
        """Return (n,): the winning team of each game, an index into TEAMS."""
        c, score = self.plays.columns, np.zeros((len(self.players), 2), dtype=np.int64)
        np.add.at(score, (c["game"], c["attack"]), c["points"].astype(np.int64))
        return np.where(score[:, 0] > score[:, 1], self.games["home"], self.games["away"])


@dataclass
class Season:
    """A season in the making.

    Attributes:
        rng: decides everything.
        year: in which it starts.
        players: as they are now; rows stay where they are when a player changes teams.
        matchups: of the league.
        expect: sum up what plays were expected to give, too.
        played: the games so far.
        notices: the schedule as it was announced: games with status and known_at.
        opening, last: first and last day of the regular season.
        deadline: last day before the season's trades.
        opening_players: as they were before those.
        skills, worth: of the players: (players, skills), and points a play.
        tempo, depth, wins: of the teams: length of a play (log scale), players of a rotation, games won.
        health: of the players, by day.
    """

    rng: np.random.Generator
    year: int
    players: Players
    matchups: Matchups
    expect: bool = False
    played: list[Played] = field(default_factory=list["Played"])
    notices: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])
    opening: date = field(init=False)
    last: date = field(init=False)
    deadline: date = field(init=False)
    opening_players: Players = field(init=False)
    skills: Floats = field(init=False)
    worth: Floats = field(init=False)
    tempo: Floats = field(init=False)
    depth: Ints = field(init=False)
    wins: Ints = field(init=False)
    health: Health = field(init=False)

    def run(self) -> "Season":
        """Play the regular season, the play-in and the playoffs."""
        fixtures = regular_season(self.rng, self.year)
        self.opening, self.last = fixtures[0][0], fixtures[-1][0]
        self.skills, self.tempo = skills(self.players), self.rng.normal(0, TEMPO, len(TEAMS))
        self.depth = self.rng.integers(*DEPTH, len(TEAMS))
        games = self._games(REGULAR, fixtures, range(1, len(fixtures) + 1))
        self.notices.append(
            games.with_columns(status=pl.lit("scheduled"), known_at=eastern_expr(pl.lit(self.opening), MIDNIGHT, -60))
        )
        games = self._with_postponements(games)
        self.health = self._health(games)
        self.deadline = date(self.year + 1, *TRADE_DEADLINE)
        self.worth = points_a_play(self.skills, self.players["archetype"], self.matchups)
        self.opening_players, self.players = self.players, trade(self.rng, self.players, TRADES)
        before = (games["game_date"] <= self.deadline).to_numpy()
        self.played.append(self._play(games, before=before))
        self.wins = np.bincount(self.played[0].winners(), minlength=len(TEAMS))
        self._playoffs()
        return self

    @property
    def name(self) -> str:
        """The season, as '2023-24'."""
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    def team_ids(self, players: Players) -> Ints:
        """Return ids of the teams of some players."""
        return TEAM_IDS[players["team"]]

    def _games(self, kind: str, fixtures: list[tuple[date, Matchup]], numbers: range | list[int]) -> pl.DataFrame:
        days = [day for day, _ in fixtures]
        home, away = np.array([pair for _, pair in fixtures]).T
        return pl.DataFrame(
            {
                "season": self.name,
                "season_type": "Regular Season" if kind == REGULAR else "Playoffs",
                "game_id": [f"{kind}{self.year % 100:02d}{number:05d}" for number in numbers],
                "game_date": days,
                "day": [(day - self.opening).days for day in days],
                "home": home,
                "away": away,
                "home_team_id": TEAM_IDS[home],
                "away_team_id": TEAM_IDS[away],
                "tip_off": pl.Series([tip_off(self.rng, day) for day in days], dtype=pl.Datetime("us", "UTC")),
            }
        )

    def _with_postponements(self, games: pl.DataFrame) -> pl.DataFrame:
        """Call some games off in the afternoon and put them on a free day two to eight weeks later."""
        busy: dict[int, set[date]] = defaultdict(set)
        for day, *pair in games.select("game_date", "home", "away").iter_rows():
            for team in pair:
                busy[team].add(day)
        moved: dict[int, date] = {}
        for number in np.flatnonzero(self.rng.random(games.height) < POSTPONED).tolist():
            day, home, away = games.select("game_date", "home", "away").row(number)
            later = [day + timedelta(days=ahead) for ahead in range(14, 56)]
            later = [other for other in later if other < self.last and other not in busy[home] | busy[away]]
            if later:
                moved[number] = later[int(self.rng.integers(len(later)))]
                for team in (home, away):
                    busy[team].add(moved[number])
        if not moved:
            return games
        old = games[list(moved)]
        pairs = zip(moved.values(), old.select("home", "away").rows(), strict=True)
        new = self._games(REGULAR, list(pairs), [int(game_id[5:]) for game_id in old["game_id"]])
        known_at = pl.min_horizontal(pl.col("tip_off").dt.offset_by("-1h"), eastern_expr(pl.col("game_date"), CALLED_OFF))
        self.notices.append(old.with_columns(status=pl.lit("postponed"), known_at=known_at))
        later = old.select("game_id", known_at=known_at.dt.offset_by("3d"))
        self.notices.append(new.join(later, on="game_id").with_columns(status=pl.lit("scheduled")))
        return pl.concat([games.join(old, on="game_id", how="anti"), new]).sort("game_date", "game_id")

    def _health(self, games: pl.DataFrame) -> Health:
        nights = np.zeros((len(TEAMS), SEASON_DAYS), dtype=bool)
        for side in ("home", "away"):
            nights[games[side], games["day"]] = True
        return coaches.health(self.rng, self.players, self.year, SEASON_DAYS, nights & np.roll(nights, 1, axis=1))

    def _play(self, games: pl.DataFrame, stakes: float = 1.0, before: Bools | None = None) -> Played:
        """Play games that do not hang on one another; `before` marks those before the trades of the season."""
        team, day = games.select("home", "away").to_numpy(), games["day"].to_numpy()
        who = squads(self.players)[team]
        if before is not None:
            who = np.where(before[:, None, None], squads(self.opening_players)[team], who)
        at = (who, day[:, None, None])
        minutes, types, status = self.players["minutes"][who], self.players["archetype"][who], self.health.status[at]
        depth = np.minimum(self.depth[team], PLAYOFF_DEPTH if stakes > 1 else DEPTH[1])
        trust = stakes * self.health.trust[at]
        meant = np.stack(
            [
                coaches.rotation(minutes, trust, coaches.able(np.isin(status, out), minutes), types, depth)
                for out in ((OUT, BACK), (OUT,), (OUT, LATE))
            ]
        )
        form = Form(
            self.skills[who], types, meant[2], self.health.drift[at], self.tempo[team].mean(-1), self.health.fragility[who]
        )
        slate = tonight(self.rng, form, self.health.leaves[at])
        return Played(games, who, status, meant, form, slate, play(self.rng, slate, self.matchups, expect=self.expect))

    def _playoffs(self) -> None:
        """The play-in for the last two places of each conference, then best of seven, the better record at home first."""
        conferences = seeds(self.wins)
        pairs = [pair for one in conferences for pair in ((one[6], one[7]), (one[8], one[9]))]
        first = self._single_games(pairs, 2, 1)
        again = [(sum(pairs[number]) - first[number], first[number + 1]) for number in (0, 2)]
        second = self._single_games(again, 4, 5)
        for conference, seventh, eighth in zip(conferences, first[::2], second, strict=True):
            conference[6:8] = [seventh, eighth]
        pairs, start = [pair for one in conferences for pair in first_round(one)], self.last + timedelta(days=6)
        for stage in range(1, 5):
            winners, start = self._series(stage, pairs, start)
            pairs = [self._better(winners[number], winners[number + 1]) for number in range(0, len(winners) - 1, 2)]

    def _better(self, one: int, other: int) -> Matchup:
        return (one, other) if (self.wins[one], -one) >= (self.wins[other], -other) else (other, one)

    def _single_games(self, pairs: list[Matchup], days: int, number: int) -> list[int]:
        day = self.last + timedelta(days=days)
        games = self._games(PLAY_IN, [(day, pair) for pair in pairs], range(number, number + len(pairs)))
        played = self._play(games, PLAYOFF_STAKES)
        self._announce(played)
        return played.winners().tolist()

    def _series(self, stage: int, pairs: list[Matchup], start: date) -> tuple[list[int], date]:
        """Play a round: all seven games at once, of which those count that were needed."""
        fixtures, numbers = list[tuple[date, Matchup]](), list[int]()
        for series, (better, worse) in enumerate(pairs):
            for number, at_home in enumerate(HOME_GAMES):
                pair = (better, worse) if at_home else (worse, better)
                fixtures.append((start + timedelta(days=2 * number + series % 2), pair))
                numbers.append(100 * stage + 10 * series + number + 1)
        played = self._play(self._games(PLAYOFFS, fixtures, numbers), PLAYOFF_STAKES)
        won = (played.winners().reshape(-1, 7) == np.array(pairs)[:, :1]).cumsum(1)
        decided = np.maximum(won, np.arange(1, 8) - won) == 4
        needed = np.arange(7) <= decided.argmax(1)[:, None]
        self._announce(_only(played, needed.ravel()))
        last = won[np.arange(len(pairs)), decided.argmax(1)]
        winners = [pair[0] if wins == 4 else pair[1] for pair, wins in zip(pairs, last.tolist(), strict=True)]
        return winners, start + timedelta(days=int(2 * decided.argmax(1).max()) + 3)

    def _announce(self, played: Played) -> None:
        # Who plays is certain when the box scores of two days before are known.
        known_at = box_score_known_at(pl.col("game_date").dt.offset_by("-2d"))
        self.notices.append(played.games.with_columns(status=pl.lit("scheduled"), known_at=known_at))
        self.played.append(played)


def squads(players: Players) -> Ints:
    """Rows of the players of each team, those with most minutes first."""
    return np.lexsort((-players["minutes"], players["team"])).reshape(len(TEAMS), ROSTER)


def _only(played: Played, keep: Bools) -> Played:
    """Some of the games."""
    c = played.plays.columns
    rows = keep[c["game"]]
    columns = {name: values[rows] for name, values in c.items()} | {"game": (np.cumsum(keep) - 1)[c["game"][rows]]}
    expected = None if played.plays.expected is None else played.plays.expected[keep]
    form = Form(**{name: values[keep] for name, values in vars(played.form).items()})
    slate = Slate(**{name: values[keep] for name, values in vars(played.slate).items()})
    plays = Plays(columns, played.plays.seconds[keep], expected)
    games = played.games.filter(keep)
    return Played(games, played.players[keep], played.status[keep], played.meant[:, keep], form, slate, plays)
