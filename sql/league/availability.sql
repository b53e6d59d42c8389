-- The last report on each player before a game. Its history is in nba_facts.availability.
CREATE OR REPLACE VIEW nba_league.availability AS
SELECT *
FROM nba_facts.availability
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY game_id, player_id ORDER BY known_at DESC) = 1;
