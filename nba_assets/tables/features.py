"""The feature store: its features, each with how far it looks back, and the versions that models name."""

from nba_assets.tables.archive import GAME
from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.feature import (
    FORTY,
    LEAGUE,
    MATCHUP,
    NO_GAME,
    NO_MINUTE,
    NO_SEASON,
    NO_TEAM_GAME,
    NOT_YET,
    NOW,
    SEASON,
    TEAM_TWENTY,
    TEAMMATES,
    TEN,
    TWENTY,
    Feature,
    feature,
)
from nba_assets.tables.rate_features import (
    BODY_FEATURES,
    RATE_FEATURES,
    ROLE_IN_TEAM_FEATURES,
    SQUAD_FEATURES,
    TEAM_RATE_FEATURES,
    TRACKING_FEATURES,
)


def _form(stem: str, meaning: str, unit: str, null_when: str) -> tuple[Feature, ...]:
    return (
        *(
            feature(f"{stem}_avg_last_{n}", f"{meaning}, last {n} games", unit, f"last {n} games", null_when)
            for n in (3, 5, 10, 20)
        ),
        feature(f"{stem}_ewma", f"{meaning}, exponential mean (0.9 per game)", unit, FORTY, null_when),
    )


PLAYER_FEATURES = (
    *_form("points", "points per game", "points", NO_GAME),
    *_form("minutes", "minutes per game", "minutes", NO_GAME),
    *_form("fga", "field goals attempted per game", "", NO_GAME),
    *_form("fg3a", "three-pointers attempted per game", "", NO_GAME),
    *_form("fta", "free throws attempted per game", "", NO_GAME),
    *_form("usage", "usage percentage, weighted by minutes", "%", NO_MINUTE),
    *_form("points_per_minute", "points per minute", "points", NO_MINUTE),
    feature("points_slow_ewma", "points, exponential mean (0.97 per game)", "points", FORTY, NO_GAME),
    feature("minutes_fast_ewma", "minutes, exponential mean (0.8 per game)", "minutes", FORTY, NO_GAME),
    feature("ast_ewma", "assists, exponential mean", "", FORTY, NO_GAME),
    feature("reb_ewma", "rebounds, exponential mean", "", FORTY, NO_GAME),
    feature("plus_minus_ewma", "plus-minus, exponential mean", "points", FORTY, NO_GAME),
    feature("true_shooting_ewma", "true shooting percentage, of exponential means", "%", FORTY, "no shot yet"),
    feature("points_std_last_10", "standard deviation of points", "points", TEN, "fewer than two games"),
    feature("minutes_std_last_10", "standard deviation of minutes", "minutes", TEN, "fewer than two games"),
    feature("minutes_last", "minutes of the last game", "minutes", "the last game", NO_GAME),
    feature("points_avg_season", "points, season average", "points", SEASON, NO_SEASON),
    feature("minutes_avg_season", "minutes, season average", "minutes", SEASON, NO_SEASON),
    feature("points_trend", "points of the last 5 games less the season average", "points", SEASON, NO_SEASON),
    feature("minutes_trend", "minutes of the last 3 games less the last 20", "minutes", TWENTY, NO_GAME),
    feature("usage_spike_score", "usage percentage of the last 5 games less the last 20", "%", TWENTY, NO_MINUTE),
    feature("games_played", "games this season", "games", SEASON),
    feature("games_on_record", "number of the last 40 games that there are", "games", FORTY),
    feature("points_vs_opponent", "points per game, last 5 against the opponent", "points", MATCHUP, "never met"),
    feature("games_vs_opponent", "games against the opponent, at most 5", "games", MATCHUP),
)

ROLE_FEATURES = (
    feature("expected_starter", "share of the last 10 games that the player started", "", TEN, NO_GAME),
    feature("starter", "1 if in the announced five, 0 if not", "", NOW, NOT_YET),
    *(
        feature(f"{stem}_{role}_ewma", f"{stem} in games {verb}, exponential mean (0.97)", stem, FORTY, f"never {verb}")
        for role, verb in (("as_starter", "started"), ("off_bench", "entered off the bench"))
        for stem in ("minutes", "points")
    ),
    feature("minutes_in_role", "the same, minutes, in tonight's role", "minutes", FORTY, NOT_YET),
    feature("points_in_role", "the same, points, in tonight's role", "points", FORTY, NOT_YET),
)

LOAD_FEATURES = (
    feature("rest_days", "days off since the player's last game, at most 14", "days", "the last game", NO_GAME),
    feature("back_to_back", "1 if the player played yesterday", "", "the last game"),
    feature("games_last_7_days", "games played in 7 days", "games", "7 days"),
    feature("minutes_last_7_days", "minutes played in 7 days", "minutes", "7 days"),
    feature(
        "fatigue_score", "minutes per day of the last 7 days over those of the last 28", "", "28 days", "no minute in 28 days"
    ),
    feature(
        "team_games_missed",
        "games of the team since the player's last one for it, or since the player came; at most 20",
        "games",
        TWENTY,
        "not on the roster",
    ),
    feature(
        "games_since_absence",
        "games since the player last missed one of the team's, at most 20; after a trade: a week",
        "games",
        TWENTY,
    ),
    feature(
        "play_probability",
        "chance to play as reported: 0 out, 1 in no report; questionable, doubtful, probable: how often such have played",
        "",
        "a year of reports",
    ),
    feature("injury_listed", "1 if the newest note since the last game is of the injured list", "", "30 days"),
    feature("injury_note_days", "days since that note", "days", "30 days", "no such note"),
)

GAME_FEATURES = (
    feature("home", "1 at home, 0 away", "", NOW),
    feature("month", "calendar month", "", NOW),
    feature("season_day", "days since the season's first game", "days", SEASON),
    feature("travel_miles", "miles from the arena of the team's last game", "miles", "the team's last game"),
    feature("altitude", "of the arena", "feet", NOW),
    feature("team_rest_days", "days off of the team, at most 14", "days", "the team's last game", NO_TEAM_GAME),
    feature("opponent_rest_days", "days off of the opponent, at most 14", "days", "the team's last game", NO_TEAM_GAME),
    feature("team_games_season", "games of the team this season", "games", SEASON),
    feature("at_tip", "1 for the decision at tip, 0 at noon", "", NOW),
)

TEAM_FEATURES = (
    *(
        feature(f"{side}_{name}", f"{meaning}, last 20 games", unit, TEAM_TWENTY, NO_TEAM_GAME)
        for side in ("team", "opponent_team")
        for name, meaning, unit in (
            ("pace", "possessions per 48 minutes", "possessions"),
            ("offensive_rating", "points per 100 possessions", "points"),
            ("defensive_rating", "points given up per 100 possessions", "points"),
            ("win_pct", "share of games won", ""),
        )
    ),
    feature("pace_score", "possessions per 48 minutes beyond the team's usual ones", "possessions", LEAGUE, NO_TEAM_GAME),
    feature(
        "opponent_points_allowed_to_position",
        "points per 36 minutes of players of the same position against the opponent, its last 20 games with such a player",
        "points",
        "the opponent's last 20 games with such a player",
        "the position is not known, or the opponent has no earlier game",
    ),
    feature(
        "shot_zone_mismatch_score",
        "extra points the opponent gives up where the player shoots (two, three, free throw)",
        "%",
        LEAGUE,
        "no shot yet, or the opponent has no earlier game",
    ),
)

LINE_FEATURES = (
    feature("spread", "line on the team's margin; negative: favoured", "points", NOW, NOT_YET),
    feature("total", "line on the points of both teams", "points", NOW, NOT_YET),
    feature("implied_team_total", "points of the team that spread and total imply", "points", NOW, NOT_YET),
    feature("vegas_points_line", "line on the player's points, median of the books", "points", NOW, "no book has a line yet"),
)

TEAMMATE_FEATURES = (
    *(
        feature(f"vacated_{name}", f"{meaning} of rotation teammates who are out", unit, TEAMMATES)
        for name, meaning, unit in (
            ("minutes", "minutes (exponential means)", "minutes"),
            ("points", "points (exponential means)", "points"),
            ("fga", "field goals attempted (exponential means)", ""),
            ("ast", "assists (exponential means)", ""),
            ("usage", "share of the team's plays (usage x minutes / 48)", "%"),
        )
    ),
    feature("vacated_minutes_fresh", "the same, minutes, weighted 0.85 per game already missed", "minutes", TEAMMATES),
    feature("vacated_points_fresh", "the same, points, weighted 0.85 per game already missed", "points", TEAMMATES),
    feature(
        "vacated_minutes_position", "the same, minutes, of guards, forwards or centres as the player", "minutes", TEAMMATES
    ),
    feature("vacated_players", "number of rotation teammates who are out", "players", TEAMMATES),
    feature("rotation_minutes_in", "minutes (exponential means) of rotation teammates who are in", "minutes", TEAMMATES),
    feature("rotation_points_in", "points (exponential means) of rotation teammates who are in", "points", TEAMMATES),
    feature("rotation_usage_in", "share of the team's plays of rotation teammates who are in", "%", TEAMMATES),
    feature("rotation_minutes_position_in", "minutes of those who are in and play the same position", "minutes", TEAMMATES),
    feature("rotation_players_in", "number of rotation teammates who are in", "players", TEAMMATES),
    feature("rotation_rank", "rotation teammates who are in with more minutes than the player", "players", TEAMMATES),
    feature(
        "expected_minutes", "the exponential mean, scaled so that those who are in share 240", "minutes", TEAMMATES, NO_GAME
    ),
    feature("expected_minutes_in_role", "the same from minutes in tonight's roles", "minutes", TEAMMATES, NO_GAME),
    feature("points_share", "the player's part of the points (exponential means) of those who are in", "", TEAMMATES, NO_GAME),
    feature("fga_share", "the player's part of the shots (exponential means) of those who are in", "", TEAMMATES, NO_GAME),
    feature("opponent_vacated_minutes", "minutes of the opponent's rotation players who are out", "minutes", TEAMMATES),
    feature("opponent_vacated_points", "points of the opponent's rotation players who are out", "points", TEAMMATES),
)

# A version does not change when features are added: this is `v2_wide`.
POINTS_FEATURES = (
    *PLAYER_FEATURES,
    *ROLE_FEATURES,
    *LOAD_FEATURES,
    *GAME_FEATURES,
    *TEAM_FEATURES,
    *LINE_FEATURES,
    *TEAMMATE_FEATURES,
)
FEATURES = (
    *POINTS_FEATURES,
    *RATE_FEATURES,
    *TEAM_RATE_FEATURES,
    *ROLE_IN_TEAM_FEATURES,
    *SQUAD_FEATURES,
    *BODY_FEATURES,
    *TRACKING_FEATURES,
)

ML_FEATURE_STORE = Table(
    "ml_feature_store",
    "nba_features",
    "one row per game, player and decision: the rosters of the slate, and with on_roster = false others who appeared",
    ("game_date", "game_id", "player_id", "decision"),
    (
        *GAME,
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name"),
        Column("team_id", "INT64", "NBA.com's id of the player's team"),
        Column("opponent_team_id", "INT64", "NBA.com's id of the other team"),
        Column("decision", "STRING", "noon or tip", allowed=("noon", "tip")),
        Column("decision_at", "TIMESTAMP", "the instant of the decision: nothing known later is in the row", "UTC"),
        Column("tip_off", "TIMESTAMP", "start of the game as known at the decision", "UTC"),
        Column("on_roster", "BOOL", "on the roster at the decision; false: the player then appeared"),
        Column("is_out", "BOOL", "reported out at the decision"),
        *FEATURES,
    ),
)

V1_33 = (
    *("points_avg_last_5", "points_avg_last_10", "points_avg_season", "points_std_last_10", "minutes_avg_last_10"),
    *("points_ewma", "minutes_ewma", "points_trend", "games_played", "usage_avg_last_10", "usage_spike_score"),
    *("home", "rest_days", "back_to_back", "fatigue_score", "starter", "expected_starter", "at_tip"),
    *("team_pace", "team_offensive_rating", "opponent_team_pace", "opponent_team_defensive_rating", "pace_score"),
    *("opponent_points_allowed_to_position", "shot_zone_mismatch_score"),
    *("vegas_points_line", "spread", "total", "implied_team_total"),
    *("vacated_minutes", "vacated_points", "vacated_usage", "expected_minutes"),
)
INJURY = ("injury_listed", "injury_note_days", "games_since_absence")

FEATURE_VERSIONS: dict[str, tuple[str, ...]] = {
    "v1_33features": V1_33,
    "v9_36features": (*V1_33, *INJURY),
    "v2_wide": tuple(feature.name for feature in POINTS_FEATURES),
    "v3_rates": tuple(feature.name for feature in FEATURES if feature not in SQUAD_FEATURES),
}

FEATURE_COVERAGE = Table(
    "feature_coverage",
    "nba_features",
    "one row per season, decision and feature: how often it has a value, and how its values are spread",
    ("season", "decision", "feature"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column("decision", "STRING", "noon or tip"),
        Column("feature", "STRING", "a column of ml_feature_store"),
        Column("dates", "INT64", "game dates of the season so far"),
        Column("row_count", "INT64", "rows of the season"),
        Column("coverage", "FLOAT64", "share of the rows that have a value"),
        Column("distinct_values", "INT64", "number of different values"),
        Column("mean", "FLOAT64", "mean of the values", null_when="there is none"),
        Column("std", "FLOAT64", "standard deviation of the values", null_when="there are fewer than two"),
        Column("null_when", "STRING", "why there may be none", null_when="it always has a value"),
    ),
    scope=(),
    date_column=None,
)
