"""What is asked of The Odds API, and what it costs; nothing is sent here. Its guide: the-odds-api.com/liveapi/guides/v4."""

from datetime import date, datetime

from pydantic import SecretStr

from nba_assets.sources.web import Request

SOURCE = "odds"
SPORT = "basketball_nba"
ADDRESS = "https://api.the-odds-api.com"
EVENTS, GAMES, PROPS = "events", "game_odds", "event_odds"
PAST_EVENTS, PAST_GAMES, PAST_PROPS = "past_events", "past_game_odds", "past_event_odds"
GAME_MARKETS = ("h2h", "spreads", "totals")
ENDPOINTS = (EVENTS, PAST_EVENTS, GAMES, PAST_GAMES, PROPS, PAST_PROPS)
# A market of a region is a credit; ten of the past.
PAST_FACTOR = 10
INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class Queries:
    """Requests by what they are about.

    Args:
        key: of the user.
        markets: on players, as `player_points`.
        regions: of bookmakers, as `us`.
        address: in place of the real one.
    """

    def __init__(self, key: SecretStr, markets: tuple[str, ...], regions: tuple[str, ...], address: str | None = None) -> None:
        """Remember them."""
        self._key, self._markets, self._regions = key, markets, regions
        self._base = f"{address or ADDRESS}/v4"

    def events(self, day: date) -> Request:
        """Ask for the games to come; costs nothing."""
        return self._request(EVENTS, day, "all", f"sports/{SPORT}/events", {}, 0)

    def games(self, day: date) -> Request:
        """Ask for all books' lines on all games to come."""
        return self._request(GAMES, day, "all", f"sports/{SPORT}/odds", self._offers(GAME_MARKETS), self._cost(GAME_MARKETS))

    def props(self, day: date, event: str) -> Request:
        """Ask for all books' lines on the players of one game to come."""
        path = f"sports/{SPORT}/events/{event}/odds"
        return self._request(PROPS, day, event, path, self._offers(self._markets), self._cost(self._markets))

    def past_events(self, day: date, at: datetime) -> Request:
        """Ask for the games that were to come at an instant."""
        return self._request(PAST_EVENTS, day, _subject("all", at), f"historical/sports/{SPORT}/events", _date(at), 1)

    def past_games(self, day: date, at: datetime) -> Request:
        """Ask for all books' lines on games, as they were at an instant."""
        offers, cost = {**self._offers(GAME_MARKETS), **_date(at)}, PAST_FACTOR * self._cost(GAME_MARKETS)
        return self._request(PAST_GAMES, day, _subject("all", at), f"historical/sports/{SPORT}/odds", offers, cost)

    def past_props(self, day: date, event: str, at: datetime) -> Request:
        """Ask for all books' lines on the players of a game, as they were at an instant; there are some since May 2023."""
        path, offers = f"historical/sports/{SPORT}/events/{event}/odds", {**self._offers(self._markets), **_date(at)}
        return self._request(PAST_PROPS, day, _subject(event, at), path, offers, PAST_FACTOR * self._cost(self._markets))

    def _offers(self, markets: tuple[str, ...]) -> dict[str, str]:
        return {"regions": ",".join(self._regions), "markets": ",".join(markets), "oddsFormat": "american"}

    def _cost(self, markets: tuple[str, ...]) -> int:
        return len(self._regions) * len(markets)

    def _request(self, endpoint: str, day: date, subject: str, path: str, parameters: dict[str, str], cost: int) -> Request:
        named = {**parameters, "dateFormat": "iso"}
        key = ("apiKey", self._key)
        return Request(SOURCE, endpoint, day.isoformat(), subject, f"{self._base}/{path}", named, key=key, cost=cost)


def _date(at: datetime) -> dict[str, str]:
    return {"date": f"{at:{INSTANT}}"}


def _subject(what: str, at: datetime) -> str:
    """What a past answer is about: the same game is asked for at several instants."""
    return f"{what}.{at:%H%M}"
