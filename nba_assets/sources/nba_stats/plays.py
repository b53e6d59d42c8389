"""Play-by-play with who is on court, from the live JSON.

The endpoint playbyplayv3 has no ids of who passed, stole, blocked or was fouled, so it is no second way.
"""

from datetime import date
from itertools import chain
from typing import cast

import polars as pl

from nba_assets.calendar import TIMESTAMP
from nba_assets.sources.answers import Record, document, part, table
from nba_assets.sources.nba_stats.games import KINDS, season_of
from nba_assets.sources.raw import Response
from nba_assets.sources.web import Unusable
from nba_assets.tables import facts

ACTIONS = {"2pt", "3pt", "freethrow", "rebound", "turnover", "steal", "block", "foul", "substitution", "timeout"}
FIELDS = {
    "period": "period",
    "clock": "clock",
    "action_number": "actionNumber",
    "action_type": "actionType",
    "description": "description",
    "qualifiers": "qualifiers",
    "team_id": "teamId",
    "person_id": "personId",
    "assist_person_id": "assistPersonId",
    "foul_drawn_person_id": "foulDrawnPersonId",
    "steal_person_id": "stealPersonId",
    "block_person_id": "blockPersonId",
    "shot_result": "shotResult",
    "score_home": "scoreHome",
    "score_away": "scoreAway",
}
# Only some events have these.
OPTIONAL = dict.fromkeys(("assistPersonId", "foulDrawnPersonId", "stealPersonId", "blockPersonId", "shotResult"))
NUMBERS = ("period", "action_number", "team_id", "score_home", "score_away")
TYPES: dict[str, pl.DataType] = {
    **dict.fromkeys(FIELDS, pl.String()),
    **{name: pl.Int64() for name in FIELDS if name in NUMBERS or name.endswith("person_id")},
}


def plays(response: Response) -> pl.DataFrame:
    """Return one row per event, in order.

    Returns:
        Columns of `play_by_play` but `players_on_court` and `known_at`; `sub` ('in' or 'out') of substitutions; `seen_at`.

    Raises:
        Unusable: there are no events, or a field is missing.
    """
    found = cast("list[Record]", part(document(response), "game", "actions"))
    wanted = [{**OPTIONAL, **action, "qualifiers": str(action.get("qualifiers", []))} for action in found]
    wanted = [action for action in wanted if action.get("actionType") in ACTIONS]
    if not wanted:
        raise Unusable("empty", "the play-by-play has no events")
    wanted.sort(key=lambda action: (action.get("orderNumber", 0), action.get("actionNumber", 0)))
    game_id = response.kept.subject
    sub = [action.get("subType") if action["actionType"] == "substitution" else None for action in wanted]
    return table(wanted, FIELDS, TYPES, "live play-by-play").with_columns(
        season=pl.lit(season_of(game_id)),
        season_type=pl.lit(KINDS[game_id[:3]]),
        game_id=pl.lit(game_id),
        game_date=pl.lit(date.fromisoformat(response.kept.folder)),
        sub=pl.Series(sub, dtype=pl.String),
        seen_at=pl.lit(response.kept.asked_at, TIMESTAMP),
    )


def with_court(events: pl.DataFrame, starters: pl.DataFrame) -> pl.DataFrame:
    """Return the events of one game with `players_on_court`: starters, then whoever comes in and goes out.

    Args:
        events: of `plays`.
        starters: player_id and team_id of the two fives; if they are not ten, nobody knows who is on court.
    """
    names = [*(name for name in facts.PLAY_BY_PLAY.names if name != "known_at"), "seen_at"]
    if starters.height != 10 or starters["team_id"].n_unique() != 2:
        return events.with_columns(players_on_court=pl.lit(None, pl.String)).select(names)
    fives: dict[int, set[int]] = {team: set() for team in starters["team_id"].sort()}
    for player, team in starters.select("player_id", "team_id").iter_rows():
        fives[team].add(player)
    court, now = list[str](), _listed(fives)
    for team, person, sub in events.select("team_id", "person_id", "sub").iter_rows():
        if sub is not None and team in fives:
            (fives[team].add if sub == "in" else fives[team].discard)(person)
            now = _listed(fives)
        court.append(now)
    return events.with_columns(players_on_court=pl.Series(court)).select(names)


def _listed(fives: dict[int, set[int]]) -> str:
    return "|".join(map(str, chain.from_iterable(sorted(five) for five in fives.values())))
