-- The feature store under the name that users know: one row per game and player, at the last decision before tip-off.
CREATE OR REPLACE VIEW nba_predictions.ml_feature_store_v2 AS
SELECT *
FROM nba_features.ml_feature_store
WHERE TRUE
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY game_date, game_id, player_id
    ORDER BY decision_at DESC
  ) = 1;
