"""Realism: the same figures of a simulated and a real league side by side, each within a stated band."""

import polars as pl

from nba_assets import pictures
from nba_assets.errors import NbaAssetsError
from nba_assets.league.box import player_games, plays_used, team_games, usage
from nba_assets.sources.protocol import Source
from nba_assets.tables import facts

# A figure may differ by this share of the real one. Wider bands are for what differs from league to league of one simulator
# (thirty teams, mostly the same players every season) and for what is known to be off.
BAND, WIDER, WIDE = 0.05, 0.10, 0.25
BAND_OF = (
    (
        WIDER,
        "team FTA, spread; team offensive rebounds, spread; team assists, spread; team turnovers, spread; team blocks; "
        "team blocks, spread; usage, 10 minutes or more, spread; player to player: minutes; player to player: points; "
        "player to player: points per 36; player to player: FTA share of plays; minutes of a team's number 9",
    ),
    (
        WIDE,
        "team 2PA, spread; margin, spread; margin at home; teams' season margin, spread; did not play; "
        "did not play, 20 minutes or more; lag-1 correlation, own mean taken off: minutes; "
        "lag-1 correlation, own mean taken off: points",
    ),
    (0.5, "overtime share"),
)
BANDS = {name: band for band, names in BAND_OF for name in names.split("; ")}
REAL_SEASONS, WHOLE_SEASON = 3, 1200
MANY_GAMES, LONG_GAMES = 20, 20
PLAYER = ("season", "player_id")


def figures(box_scores: pl.DataFrame) -> dict[str, float]:
    """Return what a league's regular seasons look like: means and spreads, by name.

    Team-games: points, pace, shots, rebounds, assists, margin. Player-games: minutes, points, usage. Players (20 games
    or more): how much they differ from one another and from game to game, and how much of a game's difference is still
    there in the next.

    Args:
        box_scores: facts `box_scores`.
    """
    games = player_games(box_scores).filter(pl.col("season_type") == "Regular Season")
    used = usage(games).select("game_id", "player_id", "usage_percentage")
    return _of_teams(team_games(games)) | _of_players(games.join(used, on=["game_id", "player_id"]))


def compared(ours: dict[str, float], theirs: dict[str, float]) -> pl.DataFrame:
    """Return one row per figure: real, simulated, difference and band as shares of the real one, and whether it is within.

    Args:
        ours: figures of a simulated league.
        theirs: figures of real seasons.
    """
    rows = pl.DataFrame([{"figure": name, "real": theirs[name], "simulated": value} for name, value in ours.items()])
    difference = pl.col("simulated") / pl.col("real") - 1
    return rows.with_columns(
        difference=difference, band=pl.col("figure").replace_strict(BANDS, default=BAND, return_dtype=pl.Float64)
    ).with_columns(within=pl.col("difference").abs() <= pl.col("band"))


class NoWholeSeasonError(NbaAssetsError):
    """A source without a whole season to compare with."""


def newest_whole_seasons(source: Source) -> pl.DataFrame:
    """Return the box scores of a source's three newest whole seasons.

    Raises:
        NoWholeSeasonError: it has none.
    """
    whole: list[pl.DataFrame] = []
    for span in reversed(source.seasons()):
        boxes = source.read(facts.BOX_SCORES, span.dates)
        regular = boxes.filter(pl.col("season_type") == "Regular Season")["game_id"].n_unique()
        if regular >= WHOLE_SEASON and len(whole) < REAL_SEASONS:
            whole.append(boxes)
    if not whole:
        raise NoWholeSeasonError(f"source {source.name} has no season of {WHOLE_SEASON:,} games to compare with")
    return pl.concat(whole)


def distributions(simulated: pl.DataFrame, real: pl.DataFrame) -> pictures.Picture:
    """Return minutes, points and usage of players and points and margins of teams, drawn one over the other."""
    ours, theirs = (_drawn(boxes) for boxes in (simulated, real))
    with pictures.panels(len(ours), width=3.2) as (picture, axes):
        for axis, name in zip(axes, ours, strict=True):
            pictures.histograms(axis, {"real": theirs[name].to_list(), "simulated": ours[name].to_list()}, title=name)
    return picture


def _drawn(box_scores: pl.DataFrame) -> dict[str, pl.Series]:
    games = player_games(box_scores).filter(pl.col("season_type") == "Regular Season")
    teams, used = team_games(games), usage(games).filter(pl.col("minutes") >= 10)
    return {
        "minutes of a player": games["minutes"],
        "points of a player": games["pts"],
        "usage, 10 minutes or more": used["usage_percentage"],
        "points of a team": teams["pts"],
        "margin of the home team": teams.filter("is_home").select(pl.col("pts") - pl.col("opponent_pts")).to_series(),
    }


def _of_teams(teams: pl.DataFrame) -> dict[str, float]:
    margin = pl.col("pts") - pl.col("opponent_pts")
    teams = teams.with_columns(fg2a=pl.col("fga") - pl.col("fg3a"), margin=margin)
    found: dict[str, float] = {}
    for name, label in (
        ("pts", "points"), ("pace", "pace"), ("fg2a", "2PA"), ("fg3a", "3PA"), ("fta", "FTA"), ("oreb", "offensive rebounds"),
        ("dreb", "defensive rebounds"), ("ast", "assists"), ("stl", "steals"), ("blk", "blocks"), ("tov", "turnovers"),
    ):  # fmt: skip
        found[f"team {label}"] = _number(teams[name].mean())
        found[f"team {label}, spread"] = _number(teams[name].std())
    made = teams.select(pl.col("fgm", "fga", "fg3m", "fg3a", "ftm", "fta").sum()).row(0, named=True)
    found["2P%"] = (made["fgm"] - made["fg3m"]) / (made["fga"] - made["fg3a"])
    found["3P%"], found["FT%"] = made["fg3m"] / made["fg3a"], made["ftm"] / made["fta"]
    found["margin, spread"] = _number(teams["margin"].std())
    found["margin at home"] = _number(teams.filter("is_home")["margin"].mean())
    found["teams' season margin, spread"] = _number(
        teams.group_by("season", "team_id").agg(pl.col("margin").mean())["margin"].std()
    )
    found["overtime share"] = _number((teams["overtimes"] > 0).mean())
    return found


def _of_players(games: pl.DataFrame) -> dict[str, float]:
    used, minutes = plays_used().sum(), pl.col("minutes").sum()
    long = games.filter(pl.col("minutes") >= 10)
    games = games.sort(*PLAYER, "game_date", "game_id")
    many = games.filter(pl.len().over(PLAYER) >= MANY_GAMES)
    seasons = many.group_by(PLAYER).agg(
        pl.col("minutes", "pts", "usage_percentage").mean(),
        *(pl.col(name).std().alias(f"{name}_spread") for name in ("minutes", "pts", "usage_percentage")),
        two=100 * (pl.col("fga") - pl.col("fg3a")).sum() / used,
        three=100 * pl.col("fg3a").sum() / used,
        line=44 * pl.col("fta").sum() / used,
        rebounds=36 * pl.col("reb").sum() / minutes,
        assists=36 * pl.col("ast").sum() / minutes,
        points=36 * pl.col("pts").sum() / minutes,
    )
    found = {"players a team-game": games.height / games.select("game_id", "team_id").n_unique()}
    for name, label in (("minutes", "minutes"), ("pts", "points")):
        found[f"{label} of a player"] = _number(games[name].mean())
        found[f"{label} of a player, spread"] = _number(games[name].std())
    found["usage, 10 minutes or more, spread"] = _number(long["usage_percentage"].std())
    for name, label in (
        ("minutes", "minutes"), ("pts", "points"), ("usage_percentage", "usage"), ("points", "points per 36"),
        ("rebounds", "rebounds per 36"), ("assists", "assists per 36"), ("two", "2PA share of plays"),
        ("three", "3PA share of plays"), ("line", "FTA share of plays"),
    ):  # fmt: skip
        found[f"player to player: {label}"] = _number(seasons[name].std())
    for name, label in (("minutes", "minutes"), ("pts", "points"), ("usage_percentage", "usage")):
        found[f"game to game: {label}"] = _number(seasons[f"{name}_spread"].mean())
    for name, label in (("minutes", "minutes"), ("pts", "points")):
        before = pl.col(name).shift(1).over(PLAYER)
        own = pl.col(name).mean().over(PLAYER)
        found[f"lag-1 correlation: {label}"] = _number(games.select(pl.corr(name, before)).item())
        found[f"lag-1 correlation, own mean taken off: {label}"] = _number(
            games.select(pl.corr(pl.col(name) - own, before - own)).item()
        )
    return found | did_not_play(games) | _ranks(games)


def did_not_play(games: pl.DataFrame) -> dict[str, float]:
    """Return the share of the team's games between a player's first and last of a season in which the player did not play.

    Args:
        games: season, team_id, game_id, game_date, player_id and minutes of those who came on.
    """
    dates = games.select("season", "team_id", "game_date", "game_id").unique()
    number = dates.with_columns(number=pl.col("game_date").rank("dense").over("season", "team_id").cast(pl.Int64))
    numbered = games.join(number.select("game_id", "team_id", "number"), on=["game_id", "team_id"])
    spells = numbered.group_by(*PLAYER, "team_id").agg(
        pl.col("minutes").mean(), played=pl.len(), of=pl.col("number").max() - pl.col("number").min() + 1
    )

    def share(some: pl.DataFrame) -> float:
        return 1 - float(some["played"].sum()) / float(some["of"].sum())

    regular = spells.filter(pl.col("minutes") >= LONG_GAMES)
    return {"did not play": share(spells), "did not play, 20 minutes or more": share(regular)}


def _ranks(games: pl.DataFrame) -> dict[str, float]:
    rank = pl.col("minutes").rank("ordinal", descending=True).over("game_id", "team_id")
    ranked = games.with_columns(rank=rank)
    return {
        f"minutes of a team's number {number}": _number(ranked.filter(pl.col("rank") == number)["minutes"].mean())
        for number in (1, 3, 5, 7, 9)
    }


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
