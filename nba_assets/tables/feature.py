"""What a feature is: a column of the feature store with how far it looks back. The spans and reasons that features share."""

from dataclasses import dataclass

from nba_assets.tables.contracts import Column

NOW, SEASON, TEAM_TWENTY = ("the decision", "the season to date", "the team's last 20 games")
FORTY, TWENTY, TEN = ("last 40 games", "last 20 games", "last 10 games")
TEAMMATES, MATCHUP, LEAGUE = ("the teammates' last 40 games", "last 5 games against it", "the league's last 600 team games")
FIVE_HUNDRED = "last 512 games"
NO_GAME, NO_MINUTE, NO_SEASON = ("no earlier game", "no earlier minute", "no game this season")
OLDER = "written before the feature existed"
NOT_YET, NO_TEAM_GAME = ("the decision cannot know it", "the team has no earlier game")
# What rates are predicted for: two-pointers, three-pointers and free throws attempted, and the rest of a box score.
STATISTICS = ("fga2", "fga3", "fta", "ast", "tov", "oreb", "dreb", "stl", "blk")


@dataclass(frozen=True)
class Feature(Column):
    """A column of the feature store.

    Attributes:
        look_back: all the past that it can see.
        steady: whether it may have the same value over a whole season.
    """

    look_back: str = "the decision"
    steady: bool = False


def feature(name: str, meaning: str, unit: str, look_back: str, null_when: str | None = None) -> Feature:
    """Return a feature with numbers."""
    return Feature(name, "FLOAT64", meaning, unit, null_when, look_back=look_back)
