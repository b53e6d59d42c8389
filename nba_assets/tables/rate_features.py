"""Features of rates and minutes: what a player does per minute, how teams play, roles in a team, bodies, tracking."""

from nba_assets.reference.positions import POSITIONS
from nba_assets.tables.feature import (
    FIVE_HUNDRED,
    NO_GAME,
    NO_MINUTE,
    NO_SEASON,
    NO_TEAM_GAME,
    OLDER,
    SEASON,
    TEAM_TWENTY,
    TEAMMATES,
    TEN,
    Feature,
    feature,
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
        feature(f"season_{name}_per_min", f"{meaning} per minute, season to date", "per minute", SEASON, NO_SEASON_MINUTE)
        for name, meaning in RATED.items()
    ),
    feature("last3_minutes_per_game", "exact minutes per game, last 3 games", "minutes", "last 3 games", NO_GAME),
    *(
        feature(f"last3_{name}_per_min", f"{RATED[name]} per minute, last 3 games", "per minute", "last 3 games", NO_MINUTE)
        for name in ("fga", "3pa", "fta", "ast", "tov", "reb")
    ),
    *(
        feature(f"last10_{name}_per_min", f"{meaning} per minute, last 10 games", "per minute", TEN, NO_MINUTE)
        for name, meaning in COUNTED.items()
    ),
    *(
        feature(f"{name}_slow_per_min", f"{meaning} per minute, exponential mean", "per minute", FIVE_HUNDRED, NO_MINUTE)
        for name, meaning in COUNTED.items()
    ),
    *(
        feature(f"{name}_slow_minutes", f"minutes that the mean of {meaning} rests on", "minutes", FIVE_HUNDRED, OLDER)
        for name, meaning in COUNTED.items()
    ),
    *(
        feature(f"{name}_slow_pct", f"share of {meaning} made, exponential mean", "", FIVE_HUNDRED, "none attempted")
        for name, meaning in SHOTS.items()
    ),
    *(
        feature(f"{name}_slow_attempts", f"{meaning} that this share rests on", "", FIVE_HUNDRED, OLDER)
        for name, meaning in SHOTS.items()
    ),
)

TEAM_RATE_FEATURES = (
    *(
        feature(f"{side}_{name}_per_48", f"{meaning} {whose} per 48 minutes, last 20 games", "", TEAM_TWENTY, NO_TEAM_GAME)
        for side, whose in (("team", "of the team"), ("opponent_allowed", "that the opponent allows"))
        for name, meaning in COUNTED.items()
    ),
    *(
        feature(f"opponent_allowed_{name}_pct", f"share of {SHOTS[name]} made against it", "", TEAM_TWENTY, NO_TEAM_GAME)
        for name in ("fg2", "fg3")
    ),
    feature("season_pace_team", "possessions per 48 minutes, season to date", "possessions", SEASON, NO_SEASON),
    feature("season_pace_opp", "the same of the opponent", "possessions", SEASON, NO_SEASON),
    feature("opp_def_rating", "points that the opponent gives up per 100 possessions, season", "points", SEASON, NO_SEASON),
    feature("opp_def_3pa_allowed", "three-pointers that it allows per 100 possessions, season", "", SEASON, NO_SEASON),
    feature("opp_def_reb_rate", "its share of rebounds under its own basket, season", "", SEASON, NO_SEASON),
    feature("opp_def_ast_rate", "assists that it allows per field goal allowed, season", "", SEASON, NO_SEASON),
)

ROLE_IN_TEAM_FEATURES = (
    feature(
        "attended_last_10", "how many of the team's last 10 games the player was in", "games", "the team's last 10 games", OLDER
    ),
    feature("attended_last_20", "the same of the last 20", "games", TEAM_TWENTY, OLDER),
    feature("depth_rank", "teammates on the roster who are in with more minutes than the player", "players", TEAMMATES, OLDER),
    feature("bench_tier", "0 starter (announced, or usual), 1 rotation off the bench, 2 behind it", "", TEN, OLDER),
    feature(
        "vacated_usage_long",
        "share of the team's plays of rotation teammates who are out, by last 40 games",
        "%",
        TEAMMATES,
        OLDER,
    ),
    feature("star_scorer_out_flag", "1 if the teammate with the most points is probably out", "", TEAMMATES, OLDER),
    feature("primary_ballhandler_out_flag", "1 if the teammate with the most assists is probably out", "", TEAMMATES, OLDER),
    feature("starting_center_out_flag", "1 if the centre who usually starts is probably out", "", TEAMMATES, OLDER),
)

SQUAD_FEATURES = tuple(
    feature(f"squad_{name}_per_48", f"{meaning} of whoever is in, by slow rates and expected minutes", "", FIVE_HUNDRED, OLDER)
    for name, meaning in COUNTED.items()
)

BODY_FEATURES = (
    *(
        feature(f"position_flags_{name}", f"1 if the primary position is {name}; all 0: not known", "", "always known", OLDER)
        for name in POSITIONS
    ),
    feature("height_inches", "height", "inches", "always known", "not known"),
    feature("weight_lbs", "weight as last listed", "pounds", "always known", "not known"),
    feature("age", "age on the day", "years", "always known", "not known"),
)

TRACKING_FEATURES = (
    *(
        feature(f"{span}_{name}", f"{meaning}, {words}", unit, look_back, null_when)
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
