"""Contracts of what sources deliver: facts in versions, each with one `known_at`."""

from nba_assets.tables import archive
from nba_assets.tables.archive import BOX_SCORE_COUNTS, GAME
from nba_assets.tables.contracts import Column, Table

KNOWN_AT = Column("known_at", "TIMESTAMP", "when a person could have known this version", "UTC")
PLAYER = (
    Column("player_id", "INT64", "NBA.com's player id"),
    Column("team_id", "INT64", "NBA.com's team id"),
)
STATUSES = ("scheduled", "postponed")

SCHEDULE_NOTICES = Table(
    "schedule_notices",
    "nba_facts",
    "one row per version of a game on a date; a postponed game is a version under its old date and a fact under its new one",
    ("game_id", "game_date", "known_at"),
    (
        *GAME,
        Column("home_team_id", "INT64", "NBA.com's id of the home team"),
        Column("away_team_id", "INT64", "NBA.com's id of the visiting team"),
        Column("tip_off", "TIMESTAMP", "published start", "UTC", null_when="no time was published"),
        Column("status", "STRING", "still on for this date, or not", allowed=STATUSES),
        KNOWN_AT,
    ),
    versions=True,
)

BOX_SCORES = Table(
    "box_scores",
    "nba_facts",
    "one row per version of a player's box score in a game; players who did not play have no row",
    ("game_id", "player_id", "known_at"),
    (
        *GAME,
        *PLAYER,
        Column("player_name", "STRING", "the player's name"),
        Column("opponent_team_id", "INT64", "NBA.com's id of the other team"),
        Column("is_home", "BOOL", "whether the player's team played at home"),
        Column("starter", "BOOL", "whether the player was in the starting five"),
        Column("minutes", "INT64", "official minutes, rounded", "minutes"),
        Column("seconds_played", "INT64", "exact playing time", "seconds", null_when="the source has minutes only"),
        *BOX_SCORE_COUNTS,
        KNOWN_AT,
    ),
    versions=True,
)

PLAY_BY_PLAY = Table(
    "play_by_play",
    "nba_facts",
    "one row per version of an event of a game, in the order of action_number",
    ("game_id", "action_number", "known_at"),
    (*archive.PLAY_BY_PLAY.columns, KNOWN_AT),
    versions=True,
)

TRACKING_GAMES = Table(
    "tracking_games",
    "nba_facts",
    "one row per version of a player's tracking counts in a game",
    ("game_id", "player_id", "known_at"),
    (*archive.TRACKING_GAMES.columns, KNOWN_AT),
    versions=True,
)

TRACKING_SEASONS = Table(
    "tracking_seasons",
    "nba_facts",
    "one row per version of a player's tracking totals of a whole regular season, known on 1 October after it",
    ("season", "player_id", "known_at"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        *PLAYER,
        Column("minutes", "FLOAT64", "minutes played", "minutes"),
        Column("touches", "FLOAT64", "times the player had the ball in attack"),
        Column("time_of_possession", "FLOAT64", "time with the ball", "seconds"),
        Column("passes_made", "FLOAT64", "passes made"),
        Column("drives", "FLOAT64", "attacks on the basket off the dribble"),
        KNOWN_AT,
    ),
    scope=(),
    date_column=None,
    versions=True,
)

AVAILABILITY = Table(
    "availability",
    "nba_facts",
    "one row per version of a report on a player before a game; most players have none",
    ("game_id", "player_id", "known_at"),
    (
        Column("game_id", "STRING", "NBA.com's game id"),
        Column("game_date", "DATE", "the day of the game in New York"),
        *PLAYER,
        Column(
            "status",
            "STRING",
            "in the announced starting five, out, doubtful, questionable, probable, or none of these any more",
            allowed=("starter", "out", "doubtful", "questionable", "probable", "available"),
        ),
        Column("reason", "STRING", "why the player is out or questionable, or no longer is", null_when="none is given"),
        KNOWN_AT,
    ),
    versions=True,
)

GAME_LINES = Table(
    "game_lines",
    "nba_facts",
    "one row per snapshot of a bookmaker's lines on a game",
    ("game_id", "bookmaker", "known_at"),
    (
        Column("game_id", "STRING", "NBA.com's game id"),
        Column("game_date", "DATE", "the day of the game in New York"),
        Column("bookmaker", "STRING", "who offers it; 'consensus' where the source does not say"),
        *archive.GAME_LINES.columns[-4:],
        KNOWN_AT,
    ),
    versions=True,
)

PROP_LINES = Table(
    "prop_lines",
    "nba_facts",
    "one row per snapshot of one side of a bookmaker's line on a player",
    ("game_id", "player_id", "market", "bookmaker", "side", "line", "known_at"),
    (
        Column("game_id", "STRING", "NBA.com's game id"),
        Column("game_date", "DATE", "the day of the game in New York"),
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("market", "STRING", "what is counted, as 'player_points'"),
        Column("bookmaker", "STRING", "who offers it"),
        Column("side", "STRING", "the side of the bet", allowed=("Over", "Under")),
        Column("line", "FLOAT64", "the number"),
        Column("american_price", "INT64", "price of this side", "American odds", null_when="not recorded"),
        KNOWN_AT,
    ),
    versions=True,
)

INJURY_REPORTS = Table(
    "injury_reports",
    "nba_facts",
    "one row per note of a team's injured list; notes have names only",
    ("report_date", "team_id", "player_name", "note", "known_at"),
    (
        Column("report_date", "DATE", "the day of the note"),
        Column("team_id", "INT64", "NBA.com's team id"),
        Column("player_name", "STRING", "the player's name as printed"),
        Column("note", "STRING", "the text"),
        KNOWN_AT,
    ),
    scope=("report_date",),
    date_column="report_date",
    versions=True,
)

PLAYERS = Table(
    "players",
    "nba_facts",
    "one row per player: what does not change over a career (position and weight as last listed)",
    ("player_id",),
    archive.PLAYERS.columns,
    scope=(),
    date_column=None,
)

ROSTERS = Table(
    "rosters",
    "nba_facts",
    "one row per move of a player: the team whose roster lists the player from then on; an archive has none",
    ("player_id", "known_at"),
    (
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name as listed"),
        Column("team_id", "INT64", "NBA.com's team id", null_when="on no team's roster any more"),
        KNOWN_AT,
    ),
    scope=(),
    date_column=None,
    versions=True,
)

BAD_GAME_REASONS = (
    "unreadable_row",
    "rows_contradict",
    "points_do_not_add_up",
    "impossible_numbers",
    "impossible_minutes",
    "one_team",
    "tied_score",
    "team_twice_a_day",
    "rows_disagree",
    "player_on_both_teams",
    "team_not_in_the_game",
    "date_contradicts_schedule",
    "date_out_of_season",
)

QUARANTINE = Table(
    "quarantine",
    "nba_facts",
    "one row per reason and game that cannot be true; the game has no box score until its source is corrected",
    ("game_id", "reason", "known_at"),
    (
        Column("game_id", "STRING", "NBA.com's game id"),
        Column("game_date", "DATE", "the day of the game in New York, as its first bad row has it"),
        Column("reason", "STRING", "what cannot be", allowed=BAD_GAME_REASONS),
        Column("detail", "STRING", "the first bad row in words, and how many there are"),
        KNOWN_AT,
    ),
    versions=True,
)

BAD_ROW_REASONS = (
    "missing_value",
    "not_a_number",
    "value_not_allowed",
    "unknown_team",
    "wrong_team_id",
    "unknown_season",
    "no_number",
    "duplicate",
    "unknown_player",
    "ambiguous_player",
)

QUARANTINED_ROWS = Table(
    "quarantined_rows",
    "nba_facts",
    "one row per row of a source's file that cannot be used, with the reason; the other rows of the file are used",
    ("source", "row_number"),
    (
        Column("source", "STRING", "the file, below the source's folder"),
        Column("source_table", "STRING", "the table that it is a file of"),
        Column("row_number", "INT64", "the row in the file, counted from 0"),
        Column("reason", "STRING", "what is wrong with it", allowed=BAD_ROW_REASONS),
        Column("detail", "STRING", "the same in words, with the column and the value"),
    ),
    scope=("source",),
    date_column=None,
)

OUTCOMES = (
    "ok",
    "empty",
    "running",
    "half_slate",
    "gone",
    "refused",
    "rate_limited",
    "unavailable",
    "not_json",
    "truncated",
    "wrong_shape",
    "out_of_budget",
    "left_alone",
)

SOURCE_REQUESTS = Table(
    "source_requests",
    "nba_facts",
    "one row per request to a site, and what became of it",
    ("source", "endpoint", "folder", "subject", "asked_at"),
    (
        Column("source", "STRING", "who was asked, as 'nba_stats'"),
        Column("endpoint", "STRING", "for what"),
        Column("folder", "STRING", "the game date or the season that it was about"),
        Column("subject", "STRING", "the game, team or part that it was about"),
        Column("game_date", "DATE", "the date that was fetched"),
        Column("asked_at", "TIMESTAMP", "when", "UTC"),
        Column("outcome", "STRING", "what became of it", allowed=OUTCOMES),
        Column("detail", "STRING", "the same in words", null_when="all is well"),
        Column("url", "STRING", "with parameters, without keys"),
        Column("tries", "INT64", "how often it was sent; 0: not at all"),
        Column("seconds", "FLOAT64", "that it took, pauses included", "seconds"),
        Column("bytes", "INT64", "of the body, decompressed", null_when="there was none"),
        Column("sha256", "STRING", "of the body", null_when="there was none"),
        Column("credits", "INT64", "that it cost at most"),
    ),
    wall_clock=("seconds",),
    append_only=True,
)

DAILY = (
    SCHEDULE_NOTICES,
    BOX_SCORES,
    PLAY_BY_PLAY,
    TRACKING_GAMES,
    AVAILABILITY,
    GAME_LINES,
    PROP_LINES,
    INJURY_REPORTS,
    QUARANTINE,
)
# Facts that are of no date.
DATELESS = (TRACKING_SEASONS, PLAYERS, ROSTERS)
BY_NAME = {table.name: table for table in (*DAILY, *DATELESS, QUARANTINED_ROWS, SOURCE_REQUESTS)}
