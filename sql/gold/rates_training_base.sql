-- What rates are learned from, with the season as its start year and ids as text.
CREATE OR REPLACE VIEW gold.rates_training_base AS
SELECT * REPLACE (
  CAST(SUBSTR(season, 1, 4) AS INT64) AS season,
  CAST(team_id AS STRING) AS team_id,
  CAST(opponent_id AS STRING) AS opponent_id,
  CAST(player_id AS STRING) AS player_id
)
FROM nba_features.rates_training_base;
