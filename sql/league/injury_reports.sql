-- Notes from the teams' injured lists.
CREATE OR REPLACE VIEW nba_league.injury_reports AS
SELECT *
FROM nba_facts.injury_reports;
