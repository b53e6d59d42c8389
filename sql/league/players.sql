-- Players, with what does not change over a career.
CREATE OR REPLACE VIEW nba_league.players AS
SELECT *
FROM nba_facts.players;
