-- What the leaderboards show: each model over all dates it was graded on, one row per model, market and decision ('last': the last
-- one before tip-off). Intervals are 95%, with game dates as clusters (sandwich variance). A bet is one unit at a sportsbook's
-- price; fair: with the vig removed. Bets with pick'em operators, whose prices say nothing, are counted apart.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_board AS
WITH totals AS (
  SELECT
    model_id,
    market,
    decision,
    CAST(SUM(graded_predictions) AS INT64) AS graded_predictions,
    COUNT(*) AS dates,
    MIN(game_date) AS first_game_date,
    MAX(game_date) AS last_game_date,
    SUM(mae * graded_predictions) / SUM(graded_predictions) AS mae,
    SUM(bias * graded_predictions) / SUM(graded_predictions) AS bias,
    SUM(within_3 * graded_predictions) / SUM(graded_predictions) AS within_3,
    SUM(inside_80 * graded_predictions) / SUM(graded_predictions) AS inside_80,
    SUM(crps * graded_predictions) / SUM(graded_predictions) AS crps,
    SUM(mae_ewma * graded_predictions) / SUM(graded_predictions) AS mae_ewma,
    CAST(SUM(line_rows) AS INT64) AS line_rows,
    SUM(mae_on_line_rows * line_rows) / NULLIF(SUM(line_rows), 0) AS mae_on_line_rows,
    SUM(mae_line * line_rows) / NULLIF(SUM(line_rows), 0) AS mae_line,
    CAST(SUM(wins) AS INT64) AS wins,
    CAST(SUM(losses) AS INT64) AS losses,
    SUM(wins) / NULLIF(SUM(wins + losses), 0) AS bet_accuracy,
    CAST(SUM(priced_bets) AS INT64) AS priced_bets,
    SUM(units_won) / NULLIF(SUM(priced_bets), 0) AS return_per_unit,
    CAST(SUM(fair_bets) AS INT64) AS fair_bets,
    SUM(fair_units_won) / NULLIF(SUM(fair_bets), 0) AS fair_return_per_unit,
    CAST(SUM(pickem_bets) AS INT64) AS pickem_bets,
    SUM(pickem_units_won) / NULLIF(SUM(pickem_bets), 0) AS pickem_return_per_unit,
    SUM(closing_line_value * closing_lines) / NULLIF(SUM(closing_lines), 0) AS closing_line_value
  FROM nba_predictions.v_ml_model_daily
  GROUP BY model_id, market, decision
),

spreads AS (
  SELECT
    t.model_id,
    t.market,
    t.decision,
    1.959964
    * SQRT(SUM(POW(d.graded_predictions * (d.mae - t.mae), 2)) * MAX(t.dates) / NULLIF(MAX(t.dates) - 1, 0))
    / MAX(t.graded_predictions) AS half_width,
    1.959964
    * SQRT(SUM(POW(d.wins - (d.wins + d.losses) * t.bet_accuracy, 2)) * MAX(t.dates) / NULLIF(MAX(t.dates) - 1, 0))
    / NULLIF(MAX(t.wins + t.losses), 0) AS bet_half_width,
    1.959964
    * SQRT(
      SUM(POW(COALESCE(d.units_won, 0) - d.priced_bets * t.return_per_unit, 2)) * MAX(t.dates) / NULLIF(MAX(t.dates) - 1, 0)
    )
    / NULLIF(MAX(t.priced_bets), 0) AS return_half_width,
    1.959964
    * SQRT(
      SUM(POW(COALESCE(d.fair_units_won, 0) - d.fair_bets * t.fair_return_per_unit, 2))
      * MAX(t.dates)
      / NULLIF(MAX(t.dates) - 1, 0)
    )
    / NULLIF(MAX(t.fair_bets), 0) AS fair_half_width
  FROM totals AS t
  JOIN nba_predictions.v_ml_model_daily AS d
    ON d.model_id = t.model_id
    AND d.market = t.market
    AND d.decision = t.decision
  GROUP BY t.model_id, t.market, t.decision
)

SELECT
  t.model_id,
  t.market,
  t.decision,
  t.graded_predictions,
  t.dates,
  t.first_game_date,
  t.last_game_date,
  t.mae,
  t.mae - s.half_width AS mae_low,
  t.mae + s.half_width AS mae_high,
  t.bias,
  t.within_3,
  t.inside_80,
  t.crps,
  t.mae_ewma,
  t.line_rows,
  t.mae_on_line_rows,
  t.mae_line,
  t.wins,
  t.losses,
  t.bet_accuracy,
  t.bet_accuracy - s.bet_half_width AS bet_accuracy_low,
  t.bet_accuracy + s.bet_half_width AS bet_accuracy_high,
  t.priced_bets,
  t.return_per_unit,
  t.return_per_unit - s.return_half_width AS return_per_unit_low,
  t.return_per_unit + s.return_half_width AS return_per_unit_high,
  t.fair_return_per_unit,
  t.fair_return_per_unit - s.fair_half_width AS fair_return_per_unit_low,
  t.fair_return_per_unit + s.fair_half_width AS fair_return_per_unit_high,
  t.pickem_bets,
  t.pickem_return_per_unit,
  t.closing_line_value
FROM totals AS t
JOIN spreads AS s
  ON s.model_id = t.model_id
  AND s.market = t.market
  AND s.decision = t.decision;
