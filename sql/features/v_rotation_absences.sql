-- Who is out or questionable at each decision: one row per game, decision and rotation player. What they leave counts with the
-- chance that they do not play, 1 - play_probability.
CREATE OR REPLACE VIEW nba_features.v_rotation_absences AS
SELECT
  f.game_date,
  f.game_id,
  f.decision,
  f.team_id,
  f.player_id,
  f.player_name,
  a.status,
  a.reason,
  f.play_probability,
  f.team_games_missed,
  f.minutes_ewma AS minutes,
  f.points_ewma AS points,
  f.fga_ewma AS fga,
  f.ast_ewma AS ast,
  f.usage_ewma AS usage_percentage
FROM nba_features.ml_feature_store AS f
JOIN nba_facts.availability AS a
  ON a.game_id = f.game_id
  AND a.game_date = f.game_date
  AND a.player_id = f.player_id
  AND a.known_at <= f.decision_at
WHERE f.play_probability < 1 AND f.on_roster AND f.minutes_ewma >= 12
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY f.game_date, f.game_id, f.decision, f.player_id
    ORDER BY a.known_at DESC
  ) = 1;
