-- Each bookmaker's last snapshot of a game. Its history is in nba_facts.game_lines.
CREATE OR REPLACE VIEW nba_league.game_lines AS
SELECT *
FROM nba_facts.game_lines
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY game_id, bookmaker ORDER BY known_at DESC) = 1;
