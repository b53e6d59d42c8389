-- What the views of daily performance show, one row per date, model, market and decision ('last': the last one before tip-off).
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_daily AS
SELECT
  game_date,
  model_id,
  market,
  decision,
  COUNT(*) AS graded_predictions,
  AVG(prediction_error) AS mae,
  AVG(error) AS bias,
  AVG(CASE WHEN prediction_error <= 3 THEN 1.0 ELSE 0.0 END) AS within_3,
  AVG(CASE WHEN inside_80 THEN 1.0 ELSE 0.0 END) AS inside_80,
  AVG(crps) AS crps,
  AVG(ABS(season_average - actual_points)) AS mae_season_average,
  AVG(ABS(ewma - actual_points)) AS mae_ewma,
  COUNT(betting_line) AS line_rows,
  AVG(CASE WHEN betting_line IS NOT NULL THEN prediction_error END) AS mae_on_line_rows,
  AVG(ABS(betting_line - actual_points)) AS mae_line,
  CAST(COUNTIF(bet_outcome = 'WIN') AS INT64) AS wins,
  CAST(COUNTIF(bet_outcome = 'LOSS') AS INT64) AS losses,
  CAST(COUNTIF(bet_outcome = 'PUSH') AS INT64) AS pushes,
  COUNTIF(bet_outcome = 'WIN') / NULLIF(COUNTIF(bet_outcome IN ('WIN', 'LOSS')), 0) AS bet_accuracy,
  COUNT(CASE WHEN NOT is_pickem THEN bet_return END) AS priced_bets,
  SUM(CASE WHEN NOT is_pickem THEN bet_return END) AS units_won,
  COUNT(CASE WHEN NOT is_pickem THEN fair_return END) AS fair_bets,
  SUM(CASE WHEN NOT is_pickem THEN fair_return END) AS fair_units_won,
  COUNT(CASE WHEN is_pickem THEN bet_return END) AS pickem_bets,
  SUM(CASE WHEN is_pickem THEN bet_return END) AS pickem_units_won,
  COUNT(closing_line_value) AS closing_lines,
  AVG(closing_line_value) AS closing_line_value
FROM nba_predictions.v_ml_model_scored
GROUP BY game_date, model_id, market, decision;
