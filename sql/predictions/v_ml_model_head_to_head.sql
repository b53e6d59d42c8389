-- Two models on the rows that both predicted, one row per pair (model_a before model_b by name), market and decision. The difference
-- of their errors has a 95% interval with game dates as clusters; it is below zero where model_a is better.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_head_to_head AS
WITH daily AS (
  SELECT
    a.model_id AS model_a,
    b.model_id AS model_b,
    a.market,
    a.decision,
    a.game_date,
    COUNT(*) AS graded_predictions,
    SUM(a.prediction_error) AS error_a,
    SUM(b.prediction_error) AS error_b,
    CAST(COUNTIF(a.prediction_error < b.prediction_error) AS INT64) AS closer_a,
    CAST(COUNTIF(b.prediction_error < a.prediction_error) AS INT64) AS closer_b
  FROM nba_predictions.v_ml_model_standing AS a
  JOIN nba_predictions.v_ml_model_standing AS b
    ON b.game_date = a.game_date
    AND b.game_id = a.game_id
    AND b.player_id = a.player_id
    AND b.decision = a.decision
    AND b.market = a.market
    AND b.model_id > a.model_id
  GROUP BY a.model_id, b.model_id, a.market, a.decision, a.game_date
),

totals AS (
  SELECT
    model_a,
    model_b,
    market,
    decision,
    CAST(SUM(graded_predictions) AS INT64) AS graded_predictions,
    COUNT(*) AS dates,
    SUM(error_a) / SUM(graded_predictions) AS mae_a,
    SUM(error_b) / SUM(graded_predictions) AS mae_b,
    SUM(error_a - error_b) / SUM(graded_predictions) AS mae_difference,
    SUM(closer_a) / SUM(graded_predictions) AS share_closer_a,
    SUM(closer_b) / SUM(graded_predictions) AS share_closer_b
  FROM daily
  GROUP BY model_a, model_b, market, decision
),

spreads AS (
  SELECT
    t.model_a,
    t.model_b,
    t.market,
    t.decision,
    1.959964
    * SQRT(
      SUM(POW(d.error_a - d.error_b - d.graded_predictions * t.mae_difference, 2))
      * MAX(t.dates) / NULLIF(MAX(t.dates) - 1, 0)
    )
    / MAX(t.graded_predictions) AS half_width
  FROM totals AS t
  JOIN daily AS d
    ON d.model_a = t.model_a
    AND d.model_b = t.model_b
    AND d.market = t.market
    AND d.decision = t.decision
  GROUP BY t.model_a, t.model_b, t.market, t.decision
)

SELECT
  t.*,
  t.mae_difference - s.half_width AS difference_low,
  t.mae_difference + s.half_width AS difference_high
FROM totals AS t
JOIN spreads AS s
  ON s.model_a = t.model_a
  AND s.model_b = t.model_b
  AND s.market = t.market
  AND s.decision = t.decision;
