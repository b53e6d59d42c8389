"""Contracts of the bring-your-own-data format: the files of an archive folder. What they become is in `facts`."""

from nba_assets.tables.contracts import Column, Table

SEASON_TYPES = ("Regular Season", "Playoffs")

BOX_SCORE_COUNTS = (
    Column("pts", "INT64", "points"),
    Column("fgm", "INT64", "field goals made"),
    Column("fga", "INT64", "field goals attempted"),
    Column("fg3m", "INT64", "three-pointers made"),
    Column("fg3a", "INT64", "three-pointers attempted"),
    Column("ftm", "INT64", "free throws made"),
    Column("fta", "INT64", "free throws attempted"),
    Column("oreb", "INT64", "offensive rebounds"),
    Column("dreb", "INT64", "defensive rebounds"),
    Column("ast", "INT64", "assists"),
    Column("stl", "INT64", "steals"),
    Column("blk", "INT64", "blocks"),
    Column("tov", "INT64", "turnovers"),
    Column("pf", "INT64", "personal fouls"),
    Column("plus_minus", "INT64", "the team's margin while the player was on court", "points"),
)

GAME = (
    Column("season", "STRING", "season, as '2023-24'"),
    Column("season_type", "STRING", "regular season or playoffs", allowed=SEASON_TYPES),
    Column("game_id", "STRING", "NBA.com's game id, ten characters"),
    Column("game_date", "DATE", "the day of the game in New York"),
)

PLAYER_GAMES = Table(
    "player_games",
    "archive",
    "one row per game and player who played; file player_games/{season}.parquet",
    ("game_id", "player_id", "team_abbreviation"),
    (
        *GAME,
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name"),
        Column("team_id", "INT64", "NBA.com's team id"),
        Column("team_abbreviation", "STRING", "the player's team, three letters"),
        Column("opponent_abbreviation", "STRING", "the other team, three letters"),
        Column("is_home", "BOOL", "whether the player's team played at home"),
        Column("starter", "BOOL", "whether the player was in the starting five"),
        Column("minutes", "INT64", "official minutes, rounded", "minutes"),
        Column("seconds_played", "INT64", "exact playing time", "seconds", null_when="there is no play-by-play"),
        *BOX_SCORE_COUNTS,
    ),
)

GAME_LINES = Table(
    "game_lines",
    "archive",
    "one row per game; file game_lines/{season}.parquet",
    ("game_id",),
    (
        *GAME,
        Column("home_team", "STRING", "home team, three letters"),
        Column("away_team", "STRING", "visiting team, three letters"),
        Column("home_spread", "FLOAT64", "handicap of the home team; negative: favoured", "points", "not offered"),
        Column("total", "FLOAT64", "line on the points of both teams", "points", "not offered"),
        Column("moneyline_home", "INT64", "price of a home win", "American odds", "not offered"),
        Column("moneyline_away", "INT64", "price of a home defeat", "American odds", "not offered"),
    ),
)

PROP_LINES = Table(
    "prop_lines",
    "archive",
    "one row per game, player, market, bookmaker, side and line; file prop_lines/{season}.parquet",
    (),
    (
        Column("game_id", "STRING", "NBA.com's game id"),
        Column("game_date", "DATE", "the day of the game in New York"),
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name"),
        Column("market", "STRING", "what is counted, as 'player_points'"),
        Column("bookmaker", "STRING", "who offers it"),
        Column("side", "STRING", "Over or Under (Yes or No for a question)"),
        Column("line", "FLOAT64", "the number", null_when="the market is a question, or the row is broken"),
        Column("american_price", "INT64", "price of this side", "American odds", null_when="not recorded"),
    ),
)

PLAY_BY_PLAY = Table(
    "play_by_play",
    "archive",
    "one row per game and event, in the order of action_number; file play_by_play/{season}.parquet",
    ("game_id", "action_number"),
    (
        *GAME,
        Column("period", "INT64", "quarter; 5 and more: overtimes"),
        Column("clock", "STRING", "time left in the period, as 'PT11M38.00S'"),
        Column("action_number", "INT64", "order of the event in its game"),
        Column("action_type", "STRING", "2pt, 3pt, freethrow, rebound, turnover, steal, block, foul, substitution, timeout"),
        Column("description", "STRING", "the event in words"),
        Column("qualifiers", "STRING", "a list in words, as \"['pointsinthepaint', 'fastbreak']\""),
        Column("team_id", "INT64", "team of the event"),
        Column("person_id", "INT64", "player of the event; 0: the team's"),
        Column("assist_person_id", "INT64", "who passed", null_when="no basket from a pass"),
        Column("foul_drawn_person_id", "INT64", "who was fouled", null_when="no foul, or nobody"),
        Column("steal_person_id", "INT64", "who stole the ball", null_when="no turnover by a steal"),
        Column("block_person_id", "INT64", "who blocked the shot", null_when="no blocked shot"),
        Column("shot_result", "STRING", "Made or Missed, free throws too", null_when="no shot", allowed=("Made", "Missed")),
        Column("score_home", "INT64", "points of the home team after the event"),
        Column("score_away", "INT64", "points of the visiting team after the event"),
        Column("players_on_court", "STRING", "player ids joined by '|': ten but while players change", null_when="not known"),
    ),
)

TRACKING_GAMES = Table(
    "tracking_games",
    "archive",
    "one row per game and player who played; file tracking_games/{season}.parquet",
    ("game_id", "player_id"),
    (
        *GAME,
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("team_id", "INT64", "NBA.com's team id"),
        Column("touches", "INT64", "times the player had the ball in attack"),
        Column("time_of_possession", "INT64", "time with the ball", "seconds"),
        Column("passes_made", "INT64", "passes made"),
        Column("passes_received", "INT64", "passes caught"),
        Column("potential_ast", "INT64", "passes on which a teammate shot"),
        Column("drives", "INT64", "attacks on the basket off the dribble"),
        Column("catch_shoot_fga", "INT64", "jump shots attempted right after a pass"),
    ),
)

TRACKING_SEASONS = Table(
    "tracking_seasons",
    "archive",
    "one row per season and player: tracking totals of the whole regular season; file tracking_seasons.parquet",
    ("season", "player_id"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("team_id", "INT64", "NBA.com's id of the player's last team of the season"),
        Column("min", "FLOAT64", "minutes played", "minutes"),
        Column("touches", "FLOAT64", "times the player had the ball in attack"),
        Column("time_of_poss", "FLOAT64", "time with the ball", "minutes"),
        Column("passes_made", "FLOAT64", "passes made"),
        Column("drives", "FLOAT64", "attacks on the basket off the dribble"),
    ),
    scope=(),
    date_column=None,
)

INJURY_NOTES = Table(
    "injury_notes",
    "archive",
    "one row per note of a team's injured list; file injury_notes.parquet",
    (),
    (
        Column("report_date", "DATE", "the day of the note"),
        Column("team", "STRING", "the team's nickname, as 'Lakers'"),
        Column("player_name", "STRING", "the player's name", null_when="the note is broken"),
        Column("note", "STRING", "the text", null_when="the note is broken"),
    ),
    scope=("report_date",),
    date_column="report_date",
)

PLAYERS = Table(
    "players",
    "archive",
    "one row per player; file players.parquet",
    ("player_id",),
    (
        Column("player_id", "INT64", "NBA.com's player id"),
        Column("player_name", "STRING", "the player's name"),
        Column("position_primary", "STRING", "PG, SG, SF, PF or C", null_when="not known"),
        Column("position_listed", "STRING", "as listed, as 'Guard-Forward'", null_when="not known"),
        Column("height_inches", "INT64", "height", "inches", null_when="not known"),
        Column("weight_lbs", "FLOAT64", "weight", "pounds", null_when="not known"),
        Column("birth_date", "DATE", "date of birth", null_when="not known"),
    ),
    scope=(),
    date_column=None,
)

# Large; read when asked for, and only in part.
OF_PLAYS = (PLAY_BY_PLAY, TRACKING_GAMES)
FILES = (PLAYER_GAMES, *OF_PLAYS, TRACKING_SEASONS, GAME_LINES, PROP_LINES, INJURY_NOTES, PLAYERS)
