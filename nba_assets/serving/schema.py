"""The database's tables of what is served, from their contracts."""

from nba_assets.stores.relational import sql_table
from nba_assets.tables import serving

SLATES = sql_table(serving.SERVED_SLATES)
PREDICTIONS = sql_table(serving.SERVED_PREDICTIONS)
DATES = sql_table(serving.SERVED_DATES)
DOCUMENTS = sql_table(serving.SERVED_DOCUMENTS)
REQUESTS = sql_table(serving.SERVED_REQUESTS)
BATCHES = sql_table(serving.SERVED_BATCHES)
