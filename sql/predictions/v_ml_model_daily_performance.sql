-- Each model's errors and bets of each game date at the last decision before tip-off, beside the baselines and the line on the same
-- rows; one row per date, model and market.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_daily_performance AS
SELECT * EXCEPT (decision)
FROM nba_predictions.v_ml_model_daily
WHERE decision = 'last';
