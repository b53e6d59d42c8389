"""Contracts of the league's tables: what holds true today, corrections applied. History by version is in `facts`."""

from nba_assets.tables.archive import BOX_SCORE_COUNTS, GAME
from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.facts import KNOWN_AT, PLAYER, STATUSES

SCHEDULE = Table(
    "schedule",
    "nba_league",
    "one row per game and date; a postponed game keeps its old date with status 'postponed'",
    ("game_id", "game_date"),
    (
        *GAME,
        Column("season_year", "INT64", "calendar year in which the season starts: 2023 for '2023-24'"),
        Column("home_team_id", "INT64", "NBA.com's id of the home team"),
        Column("away_team_id", "INT64", "NBA.com's id of the visiting team"),
        Column("home_team", "STRING", "home team, three letters"),
        Column("away_team", "STRING", "visiting team, three letters"),
        Column("tip_off", "TIMESTAMP", "start of the game", "UTC"),
        Column("tip_off_assumed", "BOOL", "no time was published: 19:00 ET is assumed"),
        Column("status", "STRING", "still on for this date, or not", allowed=STATUSES),
        KNOWN_AT,
    ),
)

PLAYER_GAMES = Table(
    "player_games",
    "nba_league",
    "one row per game and player who played: the box score, corrections applied",
    ("game_id", "player_id"),
    (
        *GAME,
        *PLAYER,
        Column("player_name", "STRING", "the player's name"),
        Column("team_abbreviation", "STRING", "the player's team, three letters"),
        Column("opponent_team_id", "INT64", "NBA.com's id of the other team"),
        Column("opponent_abbreviation", "STRING", "the other team, three letters"),
        Column("is_home", "BOOL", "whether the player's team played at home"),
        Column("won", "BOOL", "whether the player's team won", null_when="the other team has no box score"),
        Column("starter", "BOOL", "whether the player was in the starting five"),
        Column("minutes", "INT64", "official minutes, rounded", "minutes"),
        Column("seconds_played", "INT64", "exact playing time", "seconds", null_when="the source has minutes only"),
        *BOX_SCORE_COUNTS,
        Column("reb", "INT64", "rebounds"),
        KNOWN_AT,
    ),
)

TEAM_GAMES = Table(
    "team_games",
    "nba_league",
    "one row per game and team",
    ("game_id", "team_id"),
    (
        *GAME,
        Column("team_id", "INT64", "NBA.com's team id"),
        Column("team_abbreviation", "STRING", "the team, three letters"),
        Column("opponent_team_id", "INT64", "NBA.com's id of the other team"),
        Column("is_home", "BOOL", "played at home"),
        Column("overtimes", "INT64", "overtime periods, from the players' minutes"),
        *(column for column in BOX_SCORE_COUNTS if column.name not in ("plus_minus", "pf")),
        Column("opponent_pts", "INT64", "points of the other team"),
        Column("possessions", "FLOAT64", "possessions of one team, mean of both teams' estimates"),
        Column("pace", "FLOAT64", "possessions of one team per 48 minutes"),
        Column("offensive_rating", "FLOAT64", "points per 100 possessions"),
        Column("defensive_rating", "FLOAT64", "points given up per 100 possessions"),
    ),
)

USAGE = Table(
    "usage",
    "nba_league",
    "one row per game and player who played",
    ("game_id", "player_id"),
    (
        *GAME,
        *PLAYER,
        Column("minutes", "INT64", "official minutes, rounded", "minutes"),
        Column("usage_percentage", "FLOAT64", "share of the team's plays that the player used on court", "%", "0 minutes"),
    ),
)

TRACKING_GAME = Table(
    "tracking_game",
    "nba_league",
    "one row per game and player who played and was tracked",
    ("game_id", "player_id"),
    (
        *GAME,
        *PLAYER,
        Column("minutes_tracking", "FLOAT64", "exact minutes played", "minutes"),
        Column("touches", "INT64", "times the player had the ball in attack"),
        Column("time_of_poss_seconds", "INT64", "time with the ball", "seconds"),
        Column("passes_made", "INT64", "passes made"),
        Column("drives", "INT64", "attacks on the basket off the dribble"),
        Column("touches_per_min", "FLOAT64", "touches per minute", "per minute", "0 minutes"),
        Column("top_per_min", "FLOAT64", "minutes with the ball per minute on court", "", "0 minutes"),
        Column("passes_per_min", "FLOAT64", "passes per minute", "per minute", "0 minutes"),
        Column("drives_per_min", "FLOAT64", "drives per minute", "per minute", "0 minutes"),
    ),
)

PLAYER_SEASON_AVERAGES = Table(
    "player_season_averages",
    "nba_league",
    "one row per player and date with a game: the season to date, that game included",
    ("game_date", "player_id"),
    (
        Column("game_date", "DATE", "the last game that is counted"),
        *PLAYER,
        Column("season", "STRING", "season, as '2023-24'"),
        Column("games_played", "INT64", "games this season, playoffs included"),
        Column("games_started", "INT64", "of these in the starting five"),
        *(
            Column(f"{name}_per_game", "FLOAT64", f"{meaning} per game", unit)
            for name, meaning, unit in (
                ("minutes", "minutes", "minutes"),
                ("points", "points", "points"),
                ("rebounds", "rebounds", ""),
                ("assists", "assists", ""),
                ("fga", "field goals attempted", ""),
                ("fg3a", "three-pointers attempted", ""),
                ("fta", "free throws attempted", ""),
                ("turnovers", "turnovers", ""),
            )
        ),
        Column("usage_percentage", "FLOAT64", "usage percentage, minutes-weighted", "%", "0 minutes"),
    ),
)

STARTS = ("period", "made shot", "made free throw", "missed shot", "missed free throw", "steal", "turnover")
NO_TEN = "no event of the period has five players of each team"
POSSESSIONS = Table(
    "possessions",
    "nba_league",
    "one row per possession of a game with play-by-play",
    ("game_id", "possession"),
    (
        *GAME,
        Column("possession", "INT64", "number in the game, from 1"),
        Column("period", "INT64", "quarter; 5 and more: overtimes"),
        Column("offense_team_id", "INT64", "NBA.com's id of the team with the ball"),
        Column("defense_team_id", "INT64", "NBA.com's id of the other team"),
        Column("is_home", "BOOL", "whether the team with the ball is at home"),
        *(
            Column(f"{side}_player_{place}", "INT64", f"player {place} of the {side}, by id", null_when=NO_TEN)
            for side in ("offense", "defense")
            for place in range(1, 6)
        ),
        Column("start_left", "FLOAT64", "time left in the period when it began", "seconds"),
        Column("end_left", "FLOAT64", "time left in the period when it ended; a miss ends with the rebound", "seconds"),
        Column("start_type", "STRING", "what it followed", allowed=STARTS),
        Column("end_type", "STRING", "how it ended", allowed=STARTS[1:]),
        Column("points", "INT64", "points of the team with the ball, without technical fouls"),
        Column("transition_points_against", "INT64", "points given up within 7 seconds of its turnover"),
        Column("technical_points", "INT64", "its free throws for technical fouls"),
        Column("technical_points_against", "INT64", "the other team's free throws for technical fouls"),
        Column("start_margin", "INT64", "its lead before the possession", "points"),
        Column("follows_own", "BOOL", "the team had the ball before: the possession in between left no event"),
        Column("is_heave", "BOOL", "it began with three seconds or less left in the period"),
        Column("is_garbage_time", "BOOL", "decided: fourth quarter, lead of 25, 20 or 10, at most two starters, to the end"),
    ),
)

STINTS = Table(
    "stints",
    "nba_league",
    "one row per run of possessions of a period with the same ten players",
    ("game_id", "stint"),
    (
        *GAME,
        Column("stint", "INT64", "number in the game, from 1"),
        Column("period", "INT64", "quarter; 5 and more: overtimes"),
        *(Column(f"{side}_team_id", "INT64", f"NBA.com's id of the {side} team") for side in ("home", "away")),
        *(
            Column(f"{side}_player_{place}", "INT64", f"player {place} of the {side} team, by id", null_when=NO_TEN)
            for side in ("home", "away")
            for place in range(1, 6)
        ),
        Column("start_left", "FLOAT64", "time left in the period when its first possession began", "seconds"),
        Column("end_left", "FLOAT64", "time left in the period when its last possession ended", "seconds"),
        Column("seconds", "FLOAT64", "how long it was", "seconds"),
        *(
            Column(f"{side}_{name}", "INT64", f"{name} of the {side} team")
            for name in ("possessions", "points")
            for side in ("home", "away")
        ),
        Column("is_garbage_time", "BOOL", "its first possession is in garbage time"),
    ),
)

DAILY = (SCHEDULE, PLAYER_GAMES, TEAM_GAMES, USAGE, TRACKING_GAME, POSSESSIONS, STINTS, PLAYER_SEASON_AVERAGES)
