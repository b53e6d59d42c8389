-- The rights of the service on Postgres: it reads what is published, and records what it is asked; nothing else.
-- Run it in the database of NBA_ASSETS_DATABASE_URL after the first run of the graph has made the tables, and again after a
-- new release has; the first time, give the
-- role a password of its own (ALTER ROLE nba_serving LOGIN PASSWORD …) and let `nba-assets serve` connect by it.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nba_serving') THEN CREATE ROLE nba_serving; END IF;
END $$;
GRANT SELECT ON served_slates, served_predictions, served_dates, served_documents, usage_alembic_version TO nba_serving;
GRANT SELECT ON usage_model_coefficients, usage_model_promotions TO nba_serving;
GRANT SELECT, INSERT ON served_requests, served_batches TO nba_serving;
