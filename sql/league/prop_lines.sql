-- All that each bookmaker last offered on a player. Its history is in nba_facts.prop_lines.
CREATE OR REPLACE VIEW nba_league.prop_lines AS
SELECT *
FROM nba_facts.prop_lines
WHERE TRUE
QUALIFY RANK() OVER (PARTITION BY game_id, player_id, market, bookmaker ORDER BY known_at DESC) = 1;
