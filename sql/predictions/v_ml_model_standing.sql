-- Results of predictions whose player played, one row per model, market, game, player and decision: the live one where there are two.
-- A game that the model may have been trained on does not count.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_standing AS
SELECT *
FROM nba_predictions.v_ml_model_results
WHERE outcome = 'played'
  AND is_out_of_sample
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY model_id, market, game_date, game_id, player_id, decision
    ORDER BY CASE origin WHEN 'live' THEN 0 ELSE 1 END
  ) = 1;
