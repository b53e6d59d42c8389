-- Results of predictions whose player played, one row a model, game, player and decision: the live one where there are two.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_standing AS
SELECT *
FROM nba_predictions.v_ml_model_results
WHERE outcome = 'played'
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY model_id, game_date, game_id, player_id, decision
    ORDER BY origin DESC
  ) = 1;
