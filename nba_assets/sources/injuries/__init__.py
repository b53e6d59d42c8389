"""The sources `report` and `drop`: who is out, doubtful, questionable or probable."""

from nba_assets.sources.injuries.source import DropSource as DropSource
from nba_assets.sources.injuries.source import ReportSource as ReportSource
