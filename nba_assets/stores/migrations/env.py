"""Runs migrations on the connection that `schema.migrate` gives."""

from alembic import context

# A name of its own: a website's database may be under Alembic for itself.
context.configure(connection=context.config.attributes["connection"], version_table="usage_alembic_version")
context.run_migrations()
