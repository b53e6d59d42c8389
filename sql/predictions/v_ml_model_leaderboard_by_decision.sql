-- The leaderboard split by decision; one row per model, market and decision.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_leaderboard_by_decision AS
SELECT *
FROM nba_predictions.v_ml_model_board
WHERE decision != 'last';
