-- Predictions beside their newest grades, one row a model, game, player, decision and origin; not yet graded: nulls.
-- A bet is on the side of the line on which the prediction lies; on the line itself there is none (PASS). Who did not play: VOID.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_results AS
SELECT
  p.model_id,
  p.game_date,
  p.game_id,
  p.player_id,
  p.player_name,
  p.decision,
  p.origin,
  p.predicted_at,
  p.predicted_points,
  g.outcome,
  g.actual_points,
  g.error,
  g.prediction_error,
  g.season_average,
  g.last_10,
  g.ewma,
  g.known_minutes_points,
  g.betting_line,
  g.prediction_error < ABS(g.season_average - g.actual_points) AS beat_baseline,
  g.prediction_error < ABS(g.betting_line - g.actual_points) AS beat_vegas,
  CASE
    WHEN g.betting_line IS NULL THEN NULL
    WHEN g.predicted_points > g.betting_line THEN 'OVER'
    WHEN g.predicted_points < g.betting_line THEN 'UNDER'
    ELSE 'PASS'
  END AS recommendation,
  CASE
    WHEN g.betting_line IS NULL OR g.predicted_points = g.betting_line THEN NULL
    WHEN g.outcome = 'void' THEN 'VOID'
    WHEN g.actual_points = g.betting_line THEN 'PUSH'
    WHEN (g.predicted_points > g.betting_line) = (g.actual_points > g.betting_line) THEN 'WIN'
    ELSE 'LOSS'
  END AS bet_outcome,
  g.version AS grade_version
FROM nba_predictions.ml_model_predictions AS p
LEFT JOIN (
  SELECT *
  FROM nba_predictions.graded_predictions
  WHERE TRUE
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY model_id, game_date, game_id, player_id, decision, origin
      ORDER BY version DESC
    ) = 1
) AS g
  ON g.model_id = p.model_id
  AND g.game_date = p.game_date
  AND g.game_id = p.game_id
  AND g.player_id = p.player_id
  AND g.decision = p.decision
  AND g.origin = p.origin;
