-- Results of predictions whose player played, one row a model, game, player and decision: the live one where there are two. What a
-- model may have been trained on does not count.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_standing AS
SELECT *
FROM nba_predictions.v_ml_model_results
WHERE outcome = 'played'
  AND is_out_of_sample
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY model_id, game_date, game_id, player_id, decision
    ORDER BY origin DESC
  ) = 1;
