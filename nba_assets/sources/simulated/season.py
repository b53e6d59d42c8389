"""One simulated season, day by day, as the facts that it leaves behind."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from nba_assets.calendar import STARTERS_BEFORE_TIP, eastern
from nba_assets.sources.simulated import market
from nba_assets.sources.simulated.games import COUNTS, Side, play
from nba_assets.sources.simulated.rosters import Player, trade
from nba_assets.sources.simulated.schedules import Matchup, regular_season, tip_off, utc_midnight

Row = dict[str, Any]

FIT_AT_LEAST = 9
INJURED_A_GAME = 0.019
SCRATCHED = 0.06
CORRECTED = 0.025
POSTPONED = 0.004
TRADE_DEADLINE = (2, 8)
MORNING_REPORT = time(11, 0)
SCRATCH_BEFORE_TIP = timedelta(minutes=22)
AILMENTS = ("sprained left ankle", "sore right knee", "strained hamstring", "illness", "bruised thigh", "back spasms")
ROUNDS = (8, 4, 2, 1)
HOME_GAMES = (True, True, False, False, True, False, True)


@dataclass
class Season:
    """A season in the making: its players, who is injured until when, and the facts so far by table."""

    rng: np.random.Generator
    year: int
    players: list[Player]
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    back_on: dict[int, date] = field(default_factory=dict)
    wins: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    number: int = 0

    @property
    def name(self) -> str:
        """The season, as '2023-24'."""
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    def run(self) -> "Season":
        """Play the regular season and the playoffs."""
        games = regular_season(self.rng, self.year)
        published = games[0][0] - timedelta(days=60)
        games = [(day, pairing, self._announce(day, pairing, published)) for day, pairing in games]
        traded = False
        for day, pairing, (game_id, tip) in self._with_postponements(games):
            if not traded and (day.year, day.month, day.day) > (self.year + 1, *TRADE_DEADLINE):
                self.players, traded = trade(self.rng, self.players, swaps=12), True
            self._game(day, pairing, game_id, tip, "Regular Season")
        self._playoffs(games[-1][0])
        return self

    def _announce(
        self, day: date, pairing: Matchup, published: date, season_type: str = "Regular Season"
    ) -> tuple[str, datetime]:
        self.number += 1
        prefix = "002" if season_type == "Regular Season" else "004"
        game_id = f"{prefix}{self.year % 100:02d}{self.number:05d}"
        tip = tip_off(self.rng, day)
        self._notice(game_id, day, pairing, tip, season_type, "scheduled", utc_midnight(published))
        return game_id, tip

    def _notice(
        self, game_id: str, day: date, pairing: Matchup, tip: datetime, season_type: str, status: str, known_at: datetime
    ) -> None:
        self.rows["schedule_notices"].append(
            {
                **self._game_columns(game_id, day, season_type),
                "home_team_id": pairing[0],
                "away_team_id": pairing[1],
                "tip_off": tip,
                "status": status,
                "known_at": known_at,
            }
        )

    def _game_columns(self, game_id: str, day: date, season_type: str) -> Row:
        return {"season": self.name, "season_type": season_type, "game_id": game_id, "game_date": day}

    def _with_postponements(self, games: list[tuple[date, Matchup, tuple[str, datetime]]]) -> list[tuple]:
        """Call some games off in the afternoon and put them on a free day two to eight weeks later."""
        days: dict[int, set[date]] = defaultdict(set)
        for day, pairing, _ in games:
            for team in pairing:
                days[team].add(day)
        kept = []
        for day, pairing, (game_id, tip) in games:
            free = [day + timedelta(days=ahead) for ahead in range(14, 56)]
            free = [other for other in free if other < games[-1][0] and not any(other in days[team] for team in pairing)]
            if self.rng.random() >= POSTPONED or not free:
                kept.append((day, pairing, (game_id, tip)))
                continue
            later = free[int(self.rng.integers(len(free)))]
            for team in pairing:
                days[team].add(later)
            called_off = min(eastern(day, time(15, 0)), tip - timedelta(hours=1))
            new_tip = tip_off(self.rng, later)
            self._notice(game_id, day, pairing, tip, "Regular Season", "postponed", called_off)
            self._notice(game_id, later, pairing, new_tip, "Regular Season", "scheduled", called_off + timedelta(days=3))
            kept.append((later, pairing, (game_id, new_tip)))
        return sorted(kept, key=lambda game: (game[0], game[2][0]))

    def _game(self, day: date, pairing: Matchup, game_id: str, tip: datetime, season_type: str) -> int:
        """Play a game, record all that is known of it, and return the winner."""
        expected = [self._fit(team, day) for team in pairing]
        scratched = self._scratch(expected)
        fit = [[player for player in side if player.player_id not in scratched] for side in expected]
        sides = play(self.rng, pairing[0], fit[0], pairing[1], fit[1])
        self._say_who_plays(day, game_id, tip, pairing, expected, scratched)
        self._price(day, game_id, tip, pairing, expected, sides)
        self._record(day, game_id, season_type, sides)
        for side in sides:
            self._injure(side, day)
        winner = pairing[0] if sides[0].pts.sum() > sides[1].pts.sum() else pairing[1]
        if season_type == "Regular Season":
            self.wins[winner] += 1
        return winner

    def _fit(self, team: int, day: date) -> list[Player]:
        """The players who are expected to play, best first; at least nine, the best of the injured if need be."""
        squad = [player for player in self.players if player.team_id == team]
        squad.sort(key=lambda player: (self.back_on.get(player.player_id, day) > day, -player.minutes))
        healthy = sum(self.back_on.get(player.player_id, day) <= day for player in squad)
        return sorted(squad[: max(healthy, FIT_AT_LEAST)], key=lambda player: -player.minutes)

    def _scratch(self, expected: list[list[Player]]) -> set[int]:
        """Players who are announced and then do not play."""
        chosen = set()
        for side in expected:
            if len(side) > FIT_AT_LEAST and self.rng.random() < SCRATCHED:
                chosen.add(side[int(self.rng.integers(8))].player_id)
        return chosen

    def _say_who_plays(
        self, day: date, game_id: str, tip: datetime, pairing: Matchup, expected: list[list[Player]], scratched: set[int]
    ) -> None:
        report = min(eastern(day, MORNING_REPORT), tip - timedelta(hours=2))
        for team, side in zip(pairing, expected, strict=True):
            base = {"game_id": game_id, "game_date": day, "team_id": team}
            fit = {player.player_id for player in side}
            out = [player for player in self.players if player.team_id == team and player.player_id not in fit]
            said = [(player, "out", "injured", report) for player in out]
            said += [(player, "starter", None, tip - STARTERS_BEFORE_TIP) for player in side[:5]]
            late = [player for player in side if player.player_id in scratched]
            said += [(player, "out", "late scratch", tip - SCRATCH_BEFORE_TIP) for player in late]
            five = [player for player in side if player.player_id not in scratched][:5]
            said += [(player, "starter", None, tip - SCRATCH_BEFORE_TIP) for player in five if player not in side[:5]]
            for player, status, reason, known_at in said:
                row = {"player_id": player.player_id, "status": status, "reason": reason, "known_at": known_at}
                self.rows["availability"].append(base | row)

    def _price(
        self, day: date, game_id: str, tip: datetime, pairing: Matchup, expected: list[list[Player]], sides: tuple[Side, Side]
    ) -> None:
        """Lines of the morning know who is expected, closing lines who plays."""
        base = {"game_id": game_id, "game_date": day}
        morning = (_before(pairing[0], expected[0]), _before(pairing[1], expected[1]))
        for seen, known, close in zip(market.snapshots(day, tip), (morning, sides), (False, True), strict=True):
            self.rows["game_lines"] += [base | row for row in market.game_lines(self.rng, *known, seen, close=close)]
            for side in known:
                self.rows["prop_lines"] += [base | row for row in market.points_lines(self.rng, side, seen, close=close)]

    def _record(self, day: date, game_id: str, season_type: str, sides: tuple[Side, Side]) -> None:
        """Box scores are known at 02:00 ET; some are corrected two days later."""
        midnight = eastern(day + timedelta(days=1), time(0))
        known_at, corrected_at = midnight + timedelta(hours=2), midnight + timedelta(days=1, hours=15)
        corrected = self.rng.random() < CORRECTED
        for side, other in (sides, sides[::-1]):
            rows = _box(side, other.team_id, is_home=side is sides[0])
            for row in rows:
                row.update(self._game_columns(game_id, day, season_type), known_at=known_at)
            if corrected and side is sides[0] and rows[1]["fgm"] > rows[1]["fg3m"]:
                # The first sheet gave a two-pointer of the second man to the first.
                self.rows["box_scores"] += [dict(row, known_at=corrected_at) for row in rows[:2]]
                for row, basket in zip(rows, (1, -1), strict=False):
                    row.update(pts=row["pts"] + 2 * basket, fgm=row["fgm"] + basket, fga=row["fga"] + basket)
            self.rows["box_scores"] += rows

    def _injure(self, side: Side, day: date) -> None:
        for player, minutes in zip(side.players, side.minutes, strict=True):
            if minutes and self.rng.random() < INJURED_A_GAME:
                away = int(np.clip(self.rng.lognormal(2.3, 0.9), 2, 150))
                self.back_on[player.player_id] = day + timedelta(days=away)
                note = f"placed on IL with {AILMENTS[int(self.rng.integers(len(AILMENTS)))]}"
                self._note(day + timedelta(days=1), player, note)
                self._note(day + timedelta(days=away), player, "activated from IL")

    def _note(self, day: date, player: Player, note: str) -> None:
        self.rows["injury_reports"].append(
            {
                "report_date": day,
                "team_id": player.team_id,
                "player_name": player.name,
                "note": note,
                "known_at": eastern(day + timedelta(days=1), time(0)),
            }
        )

    def _playoffs(self, last: date) -> None:
        """Eight teams of each half of the league, best of seven, the better record at home first."""
        ranked = sorted({player.team_id for player in self.players}, key=lambda team: (-self.wins[team], team))
        halves = [[team for team in ranked if team % 2 == half][:8] for half in (0, 1)]
        teams = [team for half in halves for team in half]
        start = last + timedelta(days=6)
        for series in ROUNDS:
            groups = [teams[: len(teams) // 2], teams[len(teams) // 2 :]] if series > 1 else [teams]
            pairs = [(group[i], group[-1 - i]) for group in groups for i in range(len(group) // 2)]
            results = [self._series(pair, start + timedelta(days=number % 2)) for number, pair in enumerate(pairs)]
            teams = [winner for winner, _ in results]
            start = max(end for _, end in results) + timedelta(days=3)

    def _series(self, pair: Matchup, start: date) -> tuple[int, date]:
        better, worse = sorted(pair, key=lambda team: (-self.wins[team], team))
        won: dict[int, int] = defaultdict(int)
        day = start
        for number, at_home in enumerate(HOME_GAMES):
            day = start + timedelta(days=2 * number)
            pairing = (better, worse) if at_home else (worse, better)
            game_id, tip = self._announce(day, pairing, day - timedelta(days=1), "Playoffs")
            winner = self._game(day, pairing, game_id, tip, "Playoffs")
            won[winner] += 1
            if won[winner] == 4:
                return winner, day
        raise AssertionError("seven games leave a winner")


def _before(team: int, expected: list[Player]) -> Side:
    """A side of whom nobody has played yet."""
    none = np.zeros(0, dtype=np.int64)
    return Side(team, expected, none, {}, none)


def _box(side: Side, opponent: int, *, is_home: bool) -> list[Row]:
    """The box score's lines of those who came on, the best first."""
    counts = {name: values.tolist() for name, values in side.counts.items()}
    points, minutes, plus_minus = side.pts.tolist(), side.minutes.tolist(), side.plus_minus.tolist()
    return [
        {
            "player_id": player.player_id,
            "player_name": player.name,
            "team_id": side.team_id,
            "opponent_team_id": opponent,
            "is_home": is_home,
            "starter": number < 5,
            "minutes": minutes[number],
            "seconds_played": 60 * minutes[number],
            "pts": points[number],
            "plus_minus": plus_minus[number],
            **{name: counts[name][number] for name in COUNTS},
        }
        for number, player in enumerate(side.players)
        if minutes[number]
    ]
