-- Each model at the last decision before tip-off, over all dates it was graded on; one row per model and market. Models that were
-- graded on different dates are not comparable here: see v_ml_model_head_to_head.
CREATE OR REPLACE VIEW nba_predictions.v_ml_model_leaderboard AS
SELECT * EXCEPT (decision)
FROM nba_predictions.v_ml_model_board
WHERE decision = 'last';
