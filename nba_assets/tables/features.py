"""The feature store: its features, each with how far it looks back, and the versions that models name."""

from dataclasses import dataclass

from nba_assets.tables.archive import GAME
from nba_assets.tables.contracts import Column, Table

FORTY, TWENTY, TEN, FIVE = ("his last 40 games", "his last 20 games", "his last 10 games", "his last 5 games")
SEASON, TEAM_TWENTY, TEAMMATES = ("the season to date", "the team's last 20 games", "the teammates' last 40 games")
NO_GAME, NO_MINUTE = "he has no earlier game", "he has no earlier minute"
NOT_YET = "the decision cannot know it"


@dataclass(frozen=True)
class Feature(Column):
    """A column of the feature store; `look_back` is all the past that it can see."""

    look_back: str = "the decision"


def _feature(name: str, meaning: str, unit: str, look_back: str, null_when: str | None = None) -> Feature:
    return Feature(name, "FLOAT64", meaning, unit, null_when, (), look_back)


def _windows(stem: str, meaning: str, unit: str, null_when: str) -> tuple[Feature, ...]:
    return (
        *(
            _feature(f"{stem}_avg_last_{n}", f"{meaning}, mean of his last {n} games", unit, f"his last {n} games", null_when)
            for n in (5, 10, 20)
        ),
        _feature(f"{stem}_ewma", f"{meaning}, exponential mean (0.9 a game)", unit, FORTY, null_when),
    )


PLAYER_FEATURES = (
    *_windows("points", "points", "points", NO_GAME),
    *_windows("minutes", "minutes", "minutes", NO_GAME),
    *_windows("fga", "field goals attempted", "", NO_GAME),
    *_windows("usage", "usage percentage, weighted by minutes", "%", NO_MINUTE),
    _feature("fg3a_ewma", "three-pointers attempted, exponential mean", "", FORTY, NO_GAME),
    _feature("fta_ewma", "free throws attempted, exponential mean", "", FORTY, NO_GAME),
    _feature("ast_ewma", "assists, exponential mean", "", FORTY, NO_GAME),
    _feature("points_per_minute_ewma", "points per minute, quotient of exponential means", "points", FORTY, NO_MINUTE),
    _feature("points_std_last_10", "standard deviation of points", "points", TEN, "he has fewer than two games"),
    _feature("points_avg_season", "points, season average", "points", SEASON, "he has no game this season"),
    _feature("minutes_fast_ewma", "minutes, exponential mean (0.8 a game)", "minutes", FORTY, NO_GAME),
    _feature("minutes_last", "minutes of his last game", "minutes", "his last game", NO_GAME),
    _feature("minutes_avg_season", "minutes, season average", "minutes", SEASON, "he has no game this season"),
    _feature("games_played", "games of the last 40 he has", "games", FORTY),
    _feature("games_played_season", "games this season", "games", SEASON),
    _feature("team_games_missed", "games of his team since his last one", "games", TWENTY, "he is not on the roster"),
    _feature("rest_days", "days off since his last game, at most 14", "days", "his last game", NO_GAME),
    _feature("home", "1 at home, 0 away", "", "the decision"),
    _feature("expected_starter", "share of his last 10 games that he started", "", TEN, NO_GAME),
    _feature("starter", "1 if in the announced five, 0 if not", "", "the decision", NOT_YET),
)

TEAM_FEATURES = (
    *(
        _feature(f"{side}_{name}", f"{meaning}, last 20 games", unit, TEAM_TWENTY, "the team has no earlier game")
        for side in ("team", "opponent")
        for name, meaning, unit in (
            ("pace", "possessions per 48 minutes", "possessions"),
            ("offensive_rating", "points per 100 possessions", "points"),
            ("defensive_rating", "points given up per 100 possessions", "points"),
        )
    ),
    _feature("team_games_season", "games of his team this season", "games", SEASON),
    _feature("spread", "line on his team's margin; negative: favoured", "points", "the decision", NOT_YET),
    _feature("total", "line on the points of both teams", "points", "the decision", NOT_YET),
    _feature("implied_team_total", "points of his team that spread and total imply", "points", "the decision", NOT_YET),
)

TEAMMATE_FEATURES = (
    _feature("vacated_minutes", "minutes (exponential means) of rotation teammates who are out", "minutes", TEAMMATES),
    _feature("vacated_points", "points (exponential means) of rotation teammates who are out", "points", TEAMMATES),
    _feature("vacated_minutes_fresh", "the same, minutes, weighted 0.85 per game already missed", "minutes", TEAMMATES),
    _feature("vacated_points_fresh", "the same, points, weighted 0.85 per game already missed", "points", TEAMMATES),
    _feature("rotation_minutes_in", "minutes (exponential means) of rotation teammates who are in", "minutes", TEAMMATES),
    _feature("rotation_points_in", "points (exponential means) of rotation teammates who are in", "points", TEAMMATES),
    _feature("rotation_players_in", "number of rotation teammates who are in", "players", TEAMMATES),
    _feature(
        "expected_minutes", "his exponential mean, scaled so that those who are in share 240", "minutes", TEAMMATES, NO_GAME
    ),
    _feature("points_share", "his part of the points (exponential means) of those who are in", "", TEAMMATES, NO_GAME),
)

FEATURES = (
    *PLAYER_FEATURES,
    *TEAM_FEATURES,
    *TEAMMATE_FEATURES,
    _feature("at_tip", "1 for the decision at tip, 0 at noon", "", "the decision"),
)

ML_FEATURE_STORE = Table(
    "ml_feature_store",
    "nba_features",
    "one row a game, player and decision: the rosters of the slate, and with on_roster = false the others who appeared",
    ("game_date", "game_id", "player_id", "decision"),
    (
        *GAME,
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name"),
        Column("team_id", "INT64", "NBA.com's id of his team"),
        Column("opponent_team_id", "INT64", "NBA.com's id of the other team"),
        Column("decision", "STRING", "when it is decided", allowed=("noon", "tip")),
        Column("decision_at", "TIMESTAMP", "the instant of the decision: nothing known later is in the row", "UTC"),
        Column("tip_off", "TIMESTAMP", "start of the game as known at the decision", "UTC"),
        Column("on_roster", "BOOL", "on the roster at the decision; false: he then appeared"),
        Column("is_out", "BOOL", "said to be out at the decision"),
        *FEATURES,
    ),
)

FEATURE_VERSIONS: dict[str, tuple[str, ...]] = {"v0_core": tuple(feature.name for feature in FEATURES)}
