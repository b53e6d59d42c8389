"""The truth of a simulated league: one Parquet file per table of `simulate --truth DIR`. No model sees it."""

from nba_assets.tables.archive import GAME
from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.facts import PLAYER

SEASON = Column("season", "STRING", "season, as '2023-24'")
# name, meaning
COUNTS = (
    ("plays", "FGA + 0.44 FTA + TOV"),
    ("pts", "points"),
    ("fg2a", "two-pointers attempted"),
    ("fg3a", "three-pointers attempted"),
    ("fta", "free throws attempted"),
    ("tov", "turnovers"),
    ("ast", "assists"),
    ("oreb", "offensive rebounds"),
    ("dreb", "defensive rebounds"),
    ("stl", "steals"),
    ("blk", "blocks"),
)
NEVER, ABSENT = "the player entered none of the replays", "the player did not play"
SHARES = ("rim", "paint", "midrange", "corner", "above")


def _number(name: str, meaning: str, unit: str = "", null_when: str | None = None) -> Column:
    return Column(name, "FLOAT64", meaning, unit, null_when)


PLAYERS = Table(
    "players",
    "truth",
    "one row per season and player: the player's skills",
    ("season", "player_id"),
    (
        SEASON,
        *PLAYER,
        Column("archetype", "STRING", "one of eight"),
        _number("minutes", "minutes when everybody is fit", "minutes"),
        _number("volume", "plays used, beside average teammates", "log"),
        *(_number(name, f"share of shots: {name}") for name in SHARES),
        _number("draw", "fouls drawn, relative to the league's"),
        _number("careless", "turnovers per play, against average defenders"),
        *(
            _number(name, f"weight among teammates: {name}")
            for name in ("passing", "offensive", "defensive", "steals", "blocks", "fouls")
        ),
        _number("free", "free-throw percentage, from 0 to 1"),
        _number("two", "added to the chance of a two-pointer"),
        _number("three", "added to the chance of a three-pointer"),
        _number("alone", "tendency to shoot without a pass"),
        _number("offence", "added to the team's shots, times the archetype's weight", "points per 100 shots"),
        _number("defence", "taken from the opponents' shots, times that weight", "points per 100 shots"),
    ),
    scope=(),
    date_column=None,
)

MATCHUP_WEIGHTS = Table(
    "matchup_weights",
    "truth",
    "one row per style of the attacking five, style of the defending five and archetype",
    ("offence_style", "defence_style", "archetype"),
    (
        Column("offence_style", "STRING", "small or big (two bigs or more), and creators: few (one at most), two, many"),
        Column("defence_style", "STRING", "the same of the defenders"),
        Column("archetype", "STRING", "one of eight"),
        _number("offence_weight", "weight of an attacker's `offence`"),
        _number("defence_weight", "weight of a defender's `defence`"),
    ),
    scope=(),
    date_column=None,
)

USAGE_EFFECTS = Table(
    "usage_effects",
    "truth",
    "one row per season, absent player and teammate: opening-day squads, teammates fit, no form of the day",
    ("season", "player_out", "teammate"),
    (
        SEASON,
        Column("team_id", "INT64", "NBA.com's team id"),
        Column("player_out", "INT64", "id of the absent player"),
        Column("teammate", "INT64", "id of a teammate with eight minutes or more both ways"),
        _number("usage_with", "usage percentage when both play", "%"),
        _number("usage_without", "usage percentage when the other is out", "%"),
        _number("usage_change", "the difference", "percentage points"),
        _number("monte_carlo_error", "standard error of the difference", "percentage points"),
    ),
    scope=(),
    date_column=None,
)

PLAYER_RATES = Table(
    "player_rates",
    "truth",
    "one row per season, player and context: expected counts per 36 minutes, given teammates and opponents",
    ("season", "player_id", "context"),
    (
        SEASON,
        PLAYER[0],
        Column("context", "STRING", "which games", allowed=("all", "home", "away")),
        _number("minutes", "on court in these games", "minutes"),
        *(_number(f"{name}_per_36", meaning, "per 36 minutes") for name, meaning in COUNTS),
    ),
    scope=(),
    date_column=None,
)

PLAYER_GAMES = Table(
    "player_games",
    "truth",
    "one row per game and player of both squads: expectations given the lineups that played, and before tip-off",
    ("game_id", "player_id"),
    (
        *GAME,
        *PLAYER,
        Column("is_home", "BOOL", "whether the player's team played at home"),
        Column("seconds_played", "INT64", "on court; 0: did not play", "seconds"),
        *(_number(f"expected_{name}", f"{meaning}, given who was on court when", "", ABSENT) for name, meaning in COUNTS),
        _number("spread_of_pts", "standard deviation of points, given the same", "points", ABSENT),
        _number("tip_play_probability", "chance to play, before tip-off"),
        _number("tip_minutes", "expected minutes given that the player plays, before tip-off", "minutes", NEVER),
        _number("tip_points", "expected points given that the player plays, before tip-off", "points", NEVER),
        *(
            _number(f"tip_{name}_per_min", f"{meaning} expected per expected minute, before tip-off", "per minute", NEVER)
            for name, meaning in COUNTS
        ),
    ),
)

GAMES = Table(
    "games",
    "truth",
    "one row per game: expectations before tip-off, with absences known",
    ("game_id",),
    (
        *GAME,
        _number("expected_margin", "points of the home team over the other", "points"),
        _number("expected_total", "points of both teams", "points"),
        _number("home_win_probability", "chance that the home team wins"),
    ),
)

PROP_LINES = Table(
    "prop_lines",
    "truth",
    "one row per closing line on points, player and bookmaker",
    ("game_id", "player_id", "bookmaker"),
    (
        Column("game_id", "STRING", "NBA.com's game id"),
        Column("game_date", "DATE", "the day of the game in New York"),
        PLAYER[0],
        Column("bookmaker", "STRING", "who offers it"),
        _number("line", "the number"),
        Column("american_price", "INT64", "price of the over", "American odds"),
        _number("over_probability", "chance of the over given that the player plays, before tip-off"),
    ),
)

TABLES = (PLAYERS, PLAYER_RATES, USAGE_EFFECTS, MATCHUP_WEIGHTS, PLAYER_GAMES, GAMES, PROP_LINES)
