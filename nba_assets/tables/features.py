"""The feature store: its features, each with how far it looks back, and the versions that models name."""

from dataclasses import dataclass

from nba_assets.tables.archive import GAME
from nba_assets.tables.contracts import Column, Table

NOW, SEASON, TEAM_TWENTY = ("the decision", "the season to date", "the team's last 20 games")
FORTY, TWENTY, TEN = ("last 40 games", "last 20 games", "last 10 games")
TEAMMATES, MATCHUP, LEAGUE = ("the teammates' last 40 games", "last 5 games against it", "the league's last 600 team games")
FIVE_HUNDRED = "last 512 games"
NO_GAME, NO_MINUTE, NO_SEASON = ("no earlier game", "no earlier minute", "no game this season")
OLDER = "written before the feature existed"
NOT_YET, NO_TEAM_GAME = ("the decision cannot know it", "the team has no earlier game")


# What rates are predicted for: two-pointers, three-pointers and free throws attempted, and the rest of a box score.
STATISTICS = ("fga2", "fga3", "fta", "ast", "tov", "oreb", "dreb", "stl", "blk")


@dataclass(frozen=True)
class Feature(Column):
    """A column of the feature store.

    Attributes:
        look_back: all the past that it can see.
        steady: whether it may have the same value over a whole season.
    """

    look_back: str = "the decision"
    steady: bool = False


def _feature(name: str, meaning: str, unit: str, look_back: str, null_when: str | None = None) -> Feature:
    return Feature(name, "FLOAT64", meaning, unit, null_when, look_back=look_back)


def _form(stem: str, meaning: str, unit: str, null_when: str) -> tuple[Feature, ...]:
    return (
        *(
            _feature(f"{stem}_avg_last_{n}", f"{meaning}, last {n} games", unit, f"last {n} games", null_when)
            for n in (3, 5, 10, 20)
        ),
        _feature(f"{stem}_ewma", f"{meaning}, exponential mean (0.9 per game)", unit, FORTY, null_when),
    )


PLAYER_FEATURES = (
    *_form("points", "points per game", "points", NO_GAME),
    *_form("minutes", "minutes per game", "minutes", NO_GAME),
    *_form("fga", "field goals attempted per game", "", NO_GAME),
    *_form("fg3a", "three-pointers attempted per game", "", NO_GAME),
    *_form("fta", "free throws attempted per game", "", NO_GAME),
    *_form("usage", "usage percentage, weighted by minutes", "%", NO_MINUTE),
    *_form("points_per_minute", "points per minute", "points", NO_MINUTE),
    _feature("points_slow_ewma", "points, exponential mean (0.97 per game)", "points", FORTY, NO_GAME),
    _feature("minutes_fast_ewma", "minutes, exponential mean (0.8 per game)", "minutes", FORTY, NO_GAME),
    _feature("ast_ewma", "assists, exponential mean", "", FORTY, NO_GAME),
    _feature("reb_ewma", "rebounds, exponential mean", "", FORTY, NO_GAME),
    _feature("plus_minus_ewma", "plus-minus, exponential mean", "points", FORTY, NO_GAME),
    _feature("true_shooting_ewma", "true shooting percentage, of exponential means", "%", FORTY, "no shot yet"),
    _feature("points_std_last_10", "standard deviation of points", "points", TEN, "fewer than two games"),
    _feature("minutes_std_last_10", "standard deviation of minutes", "minutes", TEN, "fewer than two games"),
    _feature("minutes_last", "minutes of the last game", "minutes", "the last game", NO_GAME),
    _feature("points_avg_season", "points, season average", "points", SEASON, NO_SEASON),
    _feature("minutes_avg_season", "minutes, season average", "minutes", SEASON, NO_SEASON),
    _feature("points_trend", "points of the last 5 games less the season average", "points", SEASON, NO_SEASON),
    _feature("minutes_trend", "minutes of the last 3 games less the last 20", "minutes", TWENTY, NO_GAME),
    _feature("usage_spike_score", "usage percentage of the last 5 games less the last 20", "%", TWENTY, NO_MINUTE),
    _feature("games_played", "games this season", "games", SEASON),
    _feature("games_on_record", "number of the last 40 games that there are", "games", FORTY),
    _feature("points_vs_opponent", "points per game, last 5 against the opponent", "points", MATCHUP, "never met"),
    _feature("games_vs_opponent", "games against the opponent, at most 5", "games", MATCHUP),
)

ROLE_FEATURES = (
    _feature("expected_starter", "share of the last 10 games that the player started", "", TEN, NO_GAME),
    _feature("starter", "1 if in the announced five, 0 if not", "", NOW, NOT_YET),
    *(
        _feature(f"{stem}_{role}_ewma", f"{stem} in games {verb}, exponential mean (0.97)", stem, FORTY, f"never {verb}")
        for role, verb in (("as_starter", "started"), ("off_bench", "entered off the bench"))
        for stem in ("minutes", "points")
    ),
    _feature("minutes_in_role", "the same, minutes, in tonight's role", "minutes", FORTY, NOT_YET),
    _feature("points_in_role", "the same, points, in tonight's role", "points", FORTY, NOT_YET),
)

LOAD_FEATURES = (
    _feature("rest_days", "days off since the player's last game, at most 14", "days", "the last game", NO_GAME),
    _feature("back_to_back", "1 if the player played yesterday", "", "the last game"),
    _feature("games_last_7_days", "games played in 7 days", "games", "7 days"),
    _feature("minutes_last_7_days", "minutes played in 7 days", "minutes", "7 days"),
    _feature(
        "fatigue_score", "minutes per day of the last 7 days over those of the last 28", "", "28 days", "no minute in 28 days"
    ),
    _feature("team_games_missed", "games of the team since the player's last one", "games", TWENTY, "not on the roster"),
    _feature(
        "games_since_absence",
        "games since the player last missed one of the team's, at most 20; after a trade: a week",
        "games",
        TWENTY,
    ),
    _feature(
        "play_probability",
        "chance to play as reported: 0 out, 1 in no report; of a questionable player how often such players have played",
        "",
        "a year of reports",
    ),
    _feature("injury_listed", "1 if the newest note since the last game is of the injured list", "", "30 days"),
    _feature("injury_note_days", "days since that note", "days", "30 days", "no such note"),
)

GAME_FEATURES = (
    _feature("home", "1 at home, 0 away", "", NOW),
    _feature("month", "calendar month", "", NOW),
    _feature("season_day", "days since the season's first game", "days", SEASON),
    _feature("travel_miles", "miles from the arena of the team's last game", "miles", "the team's last game"),
    _feature("altitude", "of the arena", "feet", NOW),
    _feature("team_rest_days", "days off of the team, at most 14", "days", "the team's last game", NO_TEAM_GAME),
    _feature("opponent_rest_days", "days off of the opponent, at most 14", "days", "the team's last game", NO_TEAM_GAME),
    _feature("team_games_season", "games of the team this season", "games", SEASON),
    _feature("at_tip", "1 for the decision at tip, 0 at noon", "", NOW),
)

TEAM_FEATURES = (
    *(
        _feature(f"{side}_{name}", f"{meaning}, last 20 games", unit, TEAM_TWENTY, NO_TEAM_GAME)
        for side in ("team", "opponent_team")
        for name, meaning, unit in (
            ("pace", "possessions per 48 minutes", "possessions"),
            ("offensive_rating", "points per 100 possessions", "points"),
            ("defensive_rating", "points given up per 100 possessions", "points"),
            ("win_pct", "share of games won", ""),
        )
    ),
    _feature("pace_score", "possessions per 48 minutes beyond the team's usual ones", "possessions", LEAGUE, NO_TEAM_GAME),
    _feature(
        "opponent_points_allowed_to_position",
        "points per 36 minutes of players of the same position against the opponent, its last 20 games with such a player",
        "points",
        "the opponent's last 20 games with such a player",
        "the position is not known, or the opponent has no earlier game",
    ),
    _feature(
        "shot_zone_mismatch_score",
        "extra points the opponent gives up where the player shoots (two, three, free throw)",
        "%",
        LEAGUE,
        "no shot yet, or the opponent has no earlier game",
    ),
)

LINE_FEATURES = (
    _feature("spread", "line on the team's margin; negative: favoured", "points", NOW, NOT_YET),
    _feature("total", "line on the points of both teams", "points", NOW, NOT_YET),
    _feature("implied_team_total", "points of the team that spread and total imply", "points", NOW, NOT_YET),
    _feature("vegas_points_line", "line on the player's points, median of the books", "points", NOW, "no book has a line yet"),
)

TEAMMATE_FEATURES = (
    *(
        _feature(f"vacated_{name}", f"{meaning} of rotation teammates who are out", unit, TEAMMATES)
        for name, meaning, unit in (
            ("minutes", "minutes (exponential means)", "minutes"),
            ("points", "points (exponential means)", "points"),
            ("fga", "field goals attempted (exponential means)", ""),
            ("ast", "assists (exponential means)", ""),
            ("usage", "share of the team's plays (usage x minutes / 48)", "%"),
        )
    ),
    _feature("vacated_minutes_fresh", "the same, minutes, weighted 0.85 per game already missed", "minutes", TEAMMATES),
    _feature("vacated_points_fresh", "the same, points, weighted 0.85 per game already missed", "points", TEAMMATES),
    _feature(
        "vacated_minutes_position", "the same, minutes, of guards, forwards or centres as the player", "minutes", TEAMMATES
    ),
    _feature("vacated_players", "number of rotation teammates who are out", "players", TEAMMATES),
    _feature("rotation_minutes_in", "minutes (exponential means) of rotation teammates who are in", "minutes", TEAMMATES),
    _feature("rotation_points_in", "points (exponential means) of rotation teammates who are in", "points", TEAMMATES),
    _feature("rotation_usage_in", "share of the team's plays of rotation teammates who are in", "%", TEAMMATES),
    _feature("rotation_minutes_position_in", "minutes of those who are in and play the same position", "minutes", TEAMMATES),
    _feature("rotation_players_in", "number of rotation teammates who are in", "players", TEAMMATES),
    _feature("rotation_rank", "rotation teammates who are in with more minutes than the player", "players", TEAMMATES),
    _feature(
        "expected_minutes", "the exponential mean, scaled so that those who are in share 240", "minutes", TEAMMATES, NO_GAME
    ),
    _feature("expected_minutes_in_role", "the same from minutes in tonight's roles", "minutes", TEAMMATES, NO_GAME),
    _feature("points_share", "the player's part of the points (exponential means) of those who are in", "", TEAMMATES, NO_GAME),
    _feature("fga_share", "the player's part of the shots (exponential means) of those who are in", "", TEAMMATES, NO_GAME),
    _feature("opponent_vacated_minutes", "minutes of the opponent's rotation players who are out", "minutes", TEAMMATES),
    _feature("opponent_vacated_points", "points of the opponent's rotation players who are out", "points", TEAMMATES),
)

NO_SEASON_MINUTE, NEVER_TRACKED = "no minute this season", "not tracked this season or the one before"
RATED = {
    "fga": "field goals attempted",
    "3pa": "three-pointers attempted",
    "fta": "free throws attempted",
    "ast": "assists",
    "tov": "turnovers",
    "reb": "rebounds",
    "stl": "steals",
    "blk": "blocked shots",
}
COUNTED = {
    "fga2": "two-pointers attempted",
    "fga3": RATED["3pa"],
    **{name: RATED[name] for name in ("fta", "ast", "tov")},
    "oreb": "offensive rebounds",
    "dreb": "defensive rebounds",
    **{name: RATED[name] for name in ("stl", "blk")},
}

SHOTS = {"fg2": "two-pointers", "fg3": "three-pointers", "ft": "free throws"}

RATE_FEATURES = (
    *(
        _feature(f"season_{name}_per_min", f"{meaning} per minute, season to date", "per minute", SEASON, NO_SEASON_MINUTE)
        for name, meaning in RATED.items()
    ),
    _feature("last3_minutes_per_game", "exact minutes per game, last 3 games", "minutes", "last 3 games", NO_GAME),
    *(
        _feature(f"last3_{name}_per_min", f"{RATED[name]} per minute, last 3 games", "per minute", "last 3 games", NO_MINUTE)
        for name in ("fga", "3pa", "fta", "ast", "tov", "reb")
    ),
    *(
        _feature(f"last10_{name}_per_min", f"{meaning} per minute, last 10 games", "per minute", TEN, NO_MINUTE)
        for name, meaning in COUNTED.items()
    ),
    *(
        _feature(f"{name}_slow_per_min", f"{meaning} per minute, exponential mean", "per minute", FIVE_HUNDRED, NO_MINUTE)
        for name, meaning in COUNTED.items()
    ),
    *(
        _feature(f"{name}_slow_minutes", f"minutes that the mean of {meaning} rests on", "minutes", FIVE_HUNDRED, OLDER)
        for name, meaning in COUNTED.items()
    ),
    *(
        _feature(f"{name}_slow_pct", f"share of {meaning} made, exponential mean", "", FIVE_HUNDRED, "none attempted")
        for name, meaning in SHOTS.items()
    ),
    *(
        _feature(f"{name}_slow_attempts", f"{meaning} that this share rests on", "", FIVE_HUNDRED, OLDER)
        for name, meaning in SHOTS.items()
    ),
)

TEAM_RATE_FEATURES = (
    *(
        _feature(f"{side}_{name}_per_48", f"{meaning} {whose} per 48 minutes, last 20 games", "", TEAM_TWENTY, NO_TEAM_GAME)
        for side, whose in (("team", "of the team"), ("opponent_allowed", "that the opponent allows"))
        for name, meaning in COUNTED.items()
    ),
    *(
        _feature(f"opponent_allowed_{name}_pct", f"share of {SHOTS[name]} made against it", "", TEAM_TWENTY, NO_TEAM_GAME)
        for name in ("fg2", "fg3")
    ),
    _feature("season_pace_team", "possessions per 48 minutes, season to date", "possessions", SEASON, NO_SEASON),
    _feature("season_pace_opp", "the same of the opponent", "possessions", SEASON, NO_SEASON),
    _feature("opp_def_rating", "points that the opponent gives up per 100 possessions, season", "points", SEASON, NO_SEASON),
    _feature("opp_def_3pa_allowed", "three-pointers that it allows per 100 possessions, season", "", SEASON, NO_SEASON),
    _feature("opp_def_reb_rate", "its share of rebounds under its own basket, season", "", SEASON, NO_SEASON),
    _feature("opp_def_ast_rate", "assists that it allows per field goal allowed, season", "", SEASON, NO_SEASON),
)

ROLE_IN_TEAM_FEATURES = (
    _feature(
        "attended_last_10", "how many of the team's last 10 games the player was in", "games", "the team's last 10 games", OLDER
    ),
    _feature("attended_last_20", "the same of the last 20", "games", TEAM_TWENTY, OLDER),
    _feature("depth_rank", "teammates on the roster who are in with more minutes than the player", "players", TEAMMATES, OLDER),
    _feature("bench_tier", "0 starter (announced, or usual), 1 rotation off the bench, 2 behind it", "", TEN, OLDER),
    _feature(
        "vacated_usage_long",
        "share of the team's plays of rotation teammates who are out, by last 40 games",
        "%",
        TEAMMATES,
        OLDER,
    ),
    _feature("star_scorer_out_flag", "1 if the teammate with the most points is probably out", "", TEAMMATES, OLDER),
    _feature("primary_ballhandler_out_flag", "1 if the teammate with the most assists is probably out", "", TEAMMATES, OLDER),
    _feature("starting_center_out_flag", "1 if the centre who usually starts is probably out", "", TEAMMATES, OLDER),
)

BODY_FEATURES = (
    *(
        _feature(f"position_flags_{name}", f"1 if the primary position is {name}; all 0: not known", "", "always known", OLDER)
        for name in ("PG", "SG", "SF", "PF", "C")
    ),
    _feature("height_inches", "height", "inches", "always known", "not known"),
    _feature("weight_lbs", "weight as last listed", "pounds", "always known", "not known"),
    _feature("age", "age on the day", "years", "always known", "not known"),
)

TRACKING_FEATURES = (
    *(
        _feature(f"{span}_{name}", f"{meaning}, {words}", unit, look_back, null_when)
        for span, words, look_back, null_when in (
            ("season", "season to date; before its first game the season before", "two seasons", NEVER_TRACKED),
            ("last10", "last 10 games", TEN, "not tracked in the last 10 games"),
        )
        for name, meaning, unit in (
            ("touches_per_min", "touches per minute", "per minute"),
            ("sec_per_touch", "seconds with the ball per touch", "seconds"),
            ("drives_per_min", "drives per minute", "per minute"),
        )
    ),
    Feature(
        "tracking_is_lagged",
        "FLOAT64",
        "1 if tracking is of the season before, 0 if of this one",
        null_when=NEVER_TRACKED,
        look_back=SEASON,
        steady=True,
    ),
)

# What points models have been given from the start; versions of theirs do not change when features are added.
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
