-- Predictions beside their newest grades, one row per model, market, game, player, decision and origin; not yet graded: nulls.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_results AS
SELECT
  p.prediction_id,
  p.model_id,
  p.market,
  p.game_date,
  p.game_id,
  p.player_id,
  p.player_name,
  p.player_lookup,
  p.decision,
  p.origin,
  p.is_out_of_sample,
  p.predicted_at,
  p.play_probability,
  p.predicted_points,
  p.expected_points,
  p.p10,
  p.p50,
  p.p90,
  p.betting_line,
  p.bookmaker,
  -- Operators that pay the same for either side, as nba_assets/reference/bookmakers.py lists them.
  REGEXP_REPLACE(LOWER(p.bookmaker), r'[^a-z]', '')
    IN ('betr', 'boompicks', 'chalkboard', 'dabble', 'parlayplay', 'prizepicks', 'sleeper', 'underdog') AS is_pickem,
  p.line_is_ambiguous,
  p.over_price,
  p.under_price,
  p.no_vig_over,
  p.model_prob_over,
  p.prob_over,
  p.edge,
  p.recommendation,
  p.kelly_stake,
  g.outcome,
  g.actual_points,
  g.error,
  g.prediction_error,
  g.crps,
  g.crps_ewma,
  g.log_score,
  g.inside_80,
  g.expected_minutes,
  g.season_average,
  g.last_10,
  g.ewma,
  g.crps_last_20,
  g.known_minutes_points,
  g.closing_line,
  g.closing_line_value,
  g.bet_outcome,
  g.bet_return,
  -- Profit of the bet at the odds that both prices imply without the vig.
  CASE
    WHEN p.no_vig_over IS NULL THEN NULL
    WHEN g.bet_outcome = 'WIN' THEN 1 / (CASE WHEN p.recommendation = 'OVER' THEN p.no_vig_over ELSE 1 - p.no_vig_over END) - 1
    WHEN g.bet_outcome = 'LOSS' THEN -1.0
    WHEN g.bet_outcome IN ('PUSH', 'VOID') THEN 0.0
  END AS fair_return,
  g.beat_baseline,
  g.beat_vegas,
  g.version AS grade_version
FROM nba_predictions.ml_model_predictions AS p
LEFT JOIN (
  SELECT *
  FROM nba_predictions.graded_predictions
  WHERE TRUE
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY model_id, market, game_date, game_id, player_id, decision, origin
      ORDER BY version DESC
    ) = 1
) AS g
  ON g.model_id = p.model_id
  AND g.market = p.market
  AND g.game_date = p.game_date
  AND g.game_id = p.game_id
  AND g.player_id = p.player_id
  AND g.decision = p.decision
  AND g.origin = p.origin;
