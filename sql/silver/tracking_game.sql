-- Tracking by game, with the season as its start year and ids as text.
CREATE OR REPLACE VIEW silver.tracking_game AS
SELECT
  CAST(SUBSTR(season, 1, 4) AS INT64) AS season,
  game_id,
  game_date,
  CAST(team_id AS STRING) AS team_id,
  CAST(player_id AS STRING) AS player_id,
  minutes_tracking,
  touches,
  time_of_poss_seconds,
  passes_made,
  drives,
  touches_per_min,
  top_per_min,
  passes_per_min,
  drives_per_min
FROM nba_league.tracking_game;
