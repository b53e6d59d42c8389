-- Tracking as it stood at each decision: one row per game, decision and player of the slate. Before a season's first tracked
-- game the season before serves, and tracking_is_lagged is true.
CREATE OR REPLACE VIEW gold.tracking_rollups AS
SELECT
  CAST(SUBSTR(season, 1, 4) AS INT64) AS season,
  game_id,
  game_date,
  CAST(team_id AS STRING) AS team_id,
  CAST(player_id AS STRING) AS player_id,
  decision,
  season_touches_per_min,
  season_sec_per_touch,
  season_drives_per_min,
  last10_touches_per_min,
  last10_sec_per_touch,
  last10_drives_per_min,
  tracking_is_lagged = 1 AS tracking_is_lagged
FROM nba_features.ml_feature_store;
