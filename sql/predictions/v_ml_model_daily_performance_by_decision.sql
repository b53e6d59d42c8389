-- Daily performance split by decision; one row per date, model, market and decision.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_daily_performance_by_decision AS
SELECT *
FROM nba_predictions.v_ml_model_daily
WHERE decision != 'last';
