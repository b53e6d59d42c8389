"""Runs migrations on the connection, and with the version table, that `relational.migrate` gives."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], version_table=given["version_table"])
context.run_migrations()
