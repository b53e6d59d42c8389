-- Standing results under their decision, and once more under 'last': the last decision before tip-off of each player and game.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_scored AS
SELECT *
FROM nba_predictions.v_ml_model_standing
UNION ALL
SELECT * REPLACE ('last' AS decision)
FROM nba_predictions.v_ml_model_standing
WHERE TRUE
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY model_id, market, game_date, game_id, player_id
    ORDER BY CASE decision WHEN 'tip' THEN 0 ELSE 1 END
  ) = 1;
