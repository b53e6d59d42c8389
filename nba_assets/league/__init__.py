"""The league as we hold it true today, from the newest version of each fact."""
