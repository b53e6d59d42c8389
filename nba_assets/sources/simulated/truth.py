"""The truth of a simulated league: what its players, lineups and games were expected to do. Models are tested against it.

Two ways lead to it. While a game is played, every play adds what it was expected to give, the ten on court being known: the
luck of the plays is taken out. What a game was expected to give before it began takes replays of it, in which all that nobody
knew is drawn anew.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from functools import partial
from multiprocessing import get_context

import numpy as np
import polars as pl

from nba_assets.arrays import Bools, Floats, Ints
from nba_assets.sources.simulated import coaches, market
from nba_assets.sources.simulated.games import Plays, play
from nba_assets.sources.simulated.players import ARCHETYPES, SKILLS
from nba_assets.sources.simulated.possessions import EXPECTED, LINEUP_STYLES, Matchups
from nba_assets.sources.simulated.reports import SeasonReports
from nba_assets.sources.simulated.season import Form, Played, Season, squads, tonight
from nba_assets.tables import truth

RATES = tuple(name for name, _ in truth.COUNTS)
OF_USAGE, OF_GAMES = 2, 3
OUT_AT_MOST = 10
USAGE_REPLAYS, SPLITS, REGULAR_MINUTES = 4, 4, 8


def league_truth(league: list[SeasonReports], seed: int, replays: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the tables of the truth of a league, by name: see `tables.truth`.

    Args:
        league: its seasons, played with expectations.
        seed: of the replays; those of a season do not hang on other seasons.
        replays: of every game; four times as many of every squad without one of its players.
    """
    seasons = [reports.season for reports in league]

    def rng(season: Season, purpose: int) -> np.random.Generator:
        return np.random.default_rng([seed, season.year, purpose])

    yield truth.PLAYERS.name, pl.concat(players(season) for season in seasons)
    yield truth.MATCHUP_WEIGHTS.name, matchup_weights(seasons[0])
    effects = [usage_effects(season, rng(season, OF_USAGE), USAGE_REPLAYS * replays) for season in seasons]
    yield truth.USAGE_EFFECTS.name, pl.concat(effects)
    found = [_of_season(reports, rng(reports.season, OF_GAMES), replays) for reports in league]
    games = {name: pl.concat(frames[name] for frames in found) for name in found[0]}
    yield truth.PLAYER_RATES.name, player_rates(games[truth.PLAYER_GAMES.name])
    yield from games.items()


def players(season: Season) -> pl.DataFrame:
    """Return one row per player: team on opening day, archetype, minutes when everybody is fit, skills and impact."""
    of = season.opening_players
    return pl.DataFrame(
        {
            "season": [season.name] * len(of),
            "player_id": of["player_id"],
            "team_id": season.team_ids(of),
            "archetype": np.array(ARCHETYPES)[of["archetype"]].tolist(),
            **{name: of[name] for name in ("minutes", *SKILLS)},
        }
    )


def matchup_weights(season: Season) -> pl.DataFrame:
    """Return one row per style of the offence, style of the defence and archetype."""
    offence, defence, archetype = (index.ravel() for index in np.indices(season.matchups.offence.shape))
    styles = np.array(LINEUP_STYLES)
    return pl.DataFrame(
        {
            "offence_style": styles[offence].tolist(),
            "defence_style": styles[defence].tolist(),
            "archetype": np.array(ARCHETYPES)[archetype].tolist(),
            "offence_weight": season.matchups.offence.ravel(),
            "defence_weight": season.matchups.defence.ravel(),
        }
    )


def usage_effects(season: Season, rng: np.random.Generator, replays: int) -> pl.DataFrame:
    """Return one row per absent rotation player and teammate: usage percentage with and without.

    Every team plays at full health and without the days' form, then without each of its first ten by minutes; against
    others drawn at random, most of them without one of theirs. Usage is a ratio of sums over the replays: plays used of the
    team's while on court.
    """
    squad, teams = squads(season.opening_players), len(season.depth)
    out = np.arange(-1, OUT_AT_MOST)
    team, missing = (index.ravel() for index in np.meshgrid(np.arange(teams), out, indexing="ij"))
    order = rng.permutation(len(team))
    pair, gone = np.stack([team, team[order]], 1), np.stack([missing, missing[order]], 1)
    who = squad[pair]
    minutes, types = season.opening_players["minutes"][who], season.opening_players["archetype"][who]
    fit = np.arange(int(who.shape[-1])) != gone[..., None]
    meant = coaches.rotation(minutes, np.zeros(who.shape), fit, types, season.depth[pair])
    form = Form(season.skills[who], types, meant, np.zeros(who.shape), season.tempo[pair].mean(-1), np.ones(who.shape))
    plays, seconds = np.zeros((SPLITS, *who.shape)), np.zeros((SPLITS, *who.shape))
    for number, played in enumerate(_replays(rng, form, season, replays)):
        plays[number % SPLITS] += _expected(played, "plays")
        seconds[number % SPLITS] += played.seconds
    # Each variant was played once at home and once away.
    at_home = np.argsort(order)
    plays, seconds = (sums[:, :, 0] + sums[:, at_home, 1] for sums in (plays, seconds))
    usage = _usage(plays.sum(0), seconds.sum(0))
    parts = _usage(plays, seconds)
    shape = (teams, len(out), -1)
    usage, parts = usage.reshape(shape), parts.reshape(SPLITS, *shape)
    change, changes = usage[:, 1:] - usage[:, :1], parts[:, :, 1:] - parts[:, :, :1]
    error = changes.std(0, ddof=1) / np.sqrt(SPLITS)
    regular = meant[:, 0].reshape(shape) >= REGULAR_MINUTES
    keep = regular[:, 1:] & regular[:, :1]
    where = np.nonzero(keep)
    ids = season.opening_players["player_id"][squad]
    return pl.DataFrame(
        {
            "season": [season.name] * len(where[0]),
            "team_id": season.team_ids(season.opening_players[squad[where[0], 0]]),
            "player_out": ids[where[0], where[1]],
            "teammate": ids[where[0], where[2]],
            "usage_with": usage[:, :1].repeat(OUT_AT_MOST, 1)[where],
            "usage_without": usage[:, 1:][where],
            "usage_change": change[where],
            "monte_carlo_error": error[where],
        }
    )


def _usage(plays: Floats, seconds: Floats) -> Floats:
    """Usage percentage, after the box score's formula: players on the last axis."""
    whole = plays.sum(-1, keepdims=True) / seconds.sum(-1, keepdims=True)
    return 100 * plays / np.maximum(seconds, 1) / whole / 5


def _replays(rng: np.random.Generator, form: Form, season: Season, count: int) -> Iterator[Plays]:
    """Yield games played again and again, on all processors; what comes does not depend on how many there are."""
    seeds = rng.integers(2**32, size=count).tolist()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(_replay, form, season.matchups), seeds)


def _replay(form: Form, matchups: Matchups, seed: int) -> Plays:
    rng = np.random.default_rng(seed)
    slate = tonight(rng, form, coaches.hurt_tonight(rng, form.fragility))
    return play(rng, slate, matchups, expect=True, record=False)


def _of_season(reports: SeasonReports, rng: np.random.Generator, replays: int) -> dict[str, pl.DataFrame]:
    """Truth of games and their players: given the lineups that played, and before the game."""
    season, batches = reports.season, reports.season.played
    form = Form(*(np.concatenate([vars(played.form)[one.name] for played in batches]) for one in fields(Form)))
    again = list(_replays(rng, form, season, replays))
    points = np.stack([[_expected(plays, name) for plays in again] for name in ("pts", "pts_variance")])
    seconds = np.stack([plays.seconds for plays in again])
    counts = np.stack([sum((_expected(plays, name) for plays in again), np.zeros(seconds.shape[1:])) for name in RATES])
    ends = np.cumsum([len(played.players) for played in batches])
    parts = [slice(end - len(played.players), end) for played, end in zip(batches, ends.tolist(), strict=True)]
    found = [
        _of_games(reports, played, points[:, :, part], seconds[:, part], counts[:, part])
        for played, part in zip(batches, parts, strict=True)
    ]
    return {name: pl.concat(frames[name] for frames in found) for name in found[0]}


def _of_games(reports: SeasonReports, played: Played, points: Floats, seconds: Ints, counts: Floats) -> dict[str, pl.DataFrame]:
    """The same of some games, from their replays.

    Args:
        reports: of the season.
        played: the games, n of them.
        points: (2, replays, n, 2, roster) mean and variance of points.
        seconds: (replays, n, 2, roster) on court.
        counts: (len(RATES), n, 2, roster) expected counts, of all replays together.
    """
    (mean, variance), on, squads = points, seconds > 0, np.ones(played.plays.seconds.shape, dtype=bool)
    often = np.maximum(on.sum(0), 1)
    tip = {"tip_minutes": seconds.sum(0) / often / 60, "tip_points": (mean * on).sum(0) / often}
    minutes = np.maximum(seconds.sum(0), 1) / 60
    tip |= {f"tip_{name}_per_min": count / minutes for name, count in zip(RATES, counts, strict=True)}
    given = {f"expected_{name}": _expected(played.plays, name) for name in RATES}
    given["spread_of_pts"] = np.sqrt(_expected(played.plays, "pts_variance"))
    game_players = (
        reports.people(played, squads)
        .with_columns(
            seconds_played=played.plays.seconds.ravel(),
            **{name: np.where(played.plays.seconds > 0, values, np.nan).ravel() for name, values in given.items()},
            tip_play_probability=on.mean(0).ravel(),
            **{name: np.where(on.any(0), values, np.nan).ravel() for name, values in tip.items()},
        )
        .with_columns(pl.col(*given, *tip).fill_nan(None))
    )
    scores = mean.sum(-1)
    margin = scores[..., 0] - scores[..., 1]
    margin_spread = np.sqrt(margin.var(0) + variance.sum((-1, -2)).mean(0))
    games = played.games.with_columns(
        expected_margin=margin.mean(0),
        expected_total=scores.sum(-1).mean(0),
        home_win_probability=market.normal_cdf(margin.mean(0) / margin_spread),
    )
    return {
        truth.PLAYER_GAMES.name: game_players.select(truth.PLAYER_GAMES.names),
        truth.GAMES.name: games.select(truth.GAMES.names),
        truth.PROP_LINES.name: _of_lines(reports, played, (mean, variance, on)),
    }


def _expected(plays: Plays, name: str) -> Floats:
    assert plays.expected is not None
    return plays.expected[..., EXPECTED.index(name)]


def _below(line: Floats, mean: Floats, variance: Floats, on: Bools) -> Floats:
    """Chance of at most `line` points given that the player plays: a mixture, over replays, of scaled Poisson distributions.

    The scale, points a success, gives them the replay's mean and variance; about two, as baskets do.
    """
    from scipy.special import gammaincc

    mean, variance = np.maximum(mean, 1e-6), np.maximum(variance, 1e-6)
    below = gammaincc(np.maximum(line + 0.5, 0) * mean / variance + 0.5, mean**2 / variance)
    return (below * on).sum(0) / np.maximum(on.sum(0), 1)


def _of_lines(reports: SeasonReports, played: Played, points: tuple[Floats, Floats, Bools]) -> pl.DataFrame:
    """The true chance of the over for the closing lines on points, given that the player plays."""
    ids = reports.season.players["player_id"][played.players]
    game, side, slot = np.nonzero(played.meant[2] >= market.LISTED_MINUTES)
    place = pl.DataFrame(
        {"game_id": played.games["game_id"][game], "player_id": ids[game, side, slot], "at": np.arange(len(game))}
    )
    lines = reports.facts["prop_lines"].filter(
        (pl.col("side") == "Over") & (pl.col("known_at") == pl.col("known_at").max().over("game_id"))
    )
    lines = lines.join(place, on=["game_id", "player_id"]).sort("game_id", "player_id", "bookmaker")
    at = lines["at"].to_numpy()
    here = (slice(None), game[at], side[at], slot[at])
    mean, variance, on = points
    over = 1 - _below(lines["line"].to_numpy() - 0.5, mean[here], variance[here], on[here])
    return lines.with_columns(over_probability=over).select(truth.PROP_LINES.names)


def player_rates(player_games: pl.DataFrame) -> pl.DataFrame:
    """Return one row per player, season and context: expected counts per 36 minutes, given the lineups.

    Args:
        player_games: truth of player-games.
    """
    contexts = {"all": pl.lit(value=True), "home": pl.col("is_home"), "away": ~pl.col("is_home")}
    rated = [
        player_games.filter(chosen & (pl.col("seconds_played") > 0))
        .group_by("season", "player_id", context=pl.lit(context))
        .agg(
            minutes=pl.col("seconds_played").sum() / 60,
            **{f"{name}_per_36": 2160 * pl.col(f"expected_{name}").sum() / pl.col("seconds_played").sum() for name in RATES},
        )
        for context, chosen in contexts.items()
    ]
    return pl.concat(rated).sort("season", "player_id", "context").select(truth.PLAYER_RATES.names)
