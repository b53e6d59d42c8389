"""What is asked of NBA.com: URLs, parameters and headers as the package nba_api declares them; nothing is sent here."""

from datetime import date
from importlib import import_module
from typing import Any

from nba_assets.sources.web import Request

SOURCE = "nba_stats"
SCHEDULE, ROSTER, TRACKING = "scheduleleaguev2", "commonteamroster", "leaguedashptstats"
SUMMARY, BOX = "boxscoresummaryv3", "boxscoretraditionalv3"
# Before a game and after it the same address is asked for different things.
LIVE_BOX, LINEUPS, PLAYS = "live_boxscore", "live_lineups", "live_playbyplay"
# What tracking is asked for: each measure is one answer about all games of a date.
MEASURES = ("Possessions", "Passing", "Drives", "CatchShoot")


class Queries:
    """Requests by what they are about.

    Args:
        sites: addresses to use in place of the real ones: `stats` and `live`.
    """

    def __init__(self, sites: dict[str, str]) -> None:
        """Remember the addresses."""
        self._sites = sites

    def schedule(self, season: str) -> Request:
        """Ask for all games of a season, those to come included."""
        return self._stats("ScheduleLeagueV2", season, season, season=season)

    def roster(self, season: str, team_id: int) -> Request:
        """Ask for the roster of a team, with birth dates, heights and positions."""
        return self._stats("CommonTeamRoster", season, str(team_id), season=season, team_id=team_id)

    def tracking(self, day: date, season: str, season_type: str, measure: str) -> Request:
        """Ask for one measure of tracking, of all players of a date."""
        return self._stats(
            "LeagueDashPtStats",
            day.isoformat(),
            measure,
            season=season,
            season_type_all_star=season_type,
            player_or_team="Player",
            pt_measure_type=measure,
            per_mode_simple="Totals",
            date_from_nullable=f"{day:%m/%d/%Y}",
            date_to_nullable=f"{day:%m/%d/%Y}",
        )

    def summary(self, day: date, game_id: str) -> Request:
        """Ask whether a game is over, and who was inactive."""
        return self._stats("BoxScoreSummaryV3", day.isoformat(), game_id, game_id=game_id)

    def box(self, day: date, game_id: str) -> Request:
        """Ask for the box score of a game."""
        return self._stats("BoxScoreTraditionalV3", day.isoformat(), game_id, game_id=game_id)

    def live_box(self, day: date, game_id: str) -> Request:
        """Ask for the box score of a game in another way."""
        return self._live(LIVE_BOX, f"boxscore/boxscore_{game_id}.json", day, game_id)

    def lineups(self, day: date, game_id: str) -> Request:
        """Ask who will start, and who is out, before a game."""
        return self._live(LINEUPS, f"boxscore/boxscore_{game_id}.json", day, game_id)

    def plays(self, day: date, game_id: str) -> Request:
        """Ask for the play-by-play of a game."""
        return self._live(PLAYS, f"playbyplay/playbyplay_{game_id}.json", day, game_id)

    def _stats(self, declared: str, folder: str, subject: str, **arguments: object) -> Request:
        endpoint: Any = getattr(import_module("nba_api.stats.endpoints"), declared)(**arguments, get_request=False)
        site: Any = import_module("nba_api.stats.library.http").NBAStatsHTTP
        base = self._sites.get("stats", site.base_url.removesuffix("/{endpoint}"))
        named = {name: "" if value is None else str(value) for name, value in endpoint.parameters.items()}
        return Request(SOURCE, endpoint.endpoint, folder, subject, f"{base}/{endpoint.endpoint}", named, site.headers)

    def _live(self, endpoint: str, path: str, day: date, game_id: str) -> Request:
        site: Any = import_module("nba_api.live.nba.library.http").NBALiveHTTP
        base = self._sites.get("live", site.base_url.removesuffix("/{endpoint}"))
        return Request(SOURCE, endpoint, day.isoformat(), game_id, f"{base}/{path}", {}, site.headers)
