"""What people read of lineup models: how chains ran, the four questions in words, pictures, and tables of answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from nba_assets import pictures
from nba_assets.arrays import Floats
from nba_assets.lineups import answers
from nba_assets.lineups.answers import Against, Rated
from nba_assets.lineups.bundle import LineupBundle, LineupError
from nba_assets.lineups.evaluation import Decision, difference, log_density
from nba_assets.lineups.fit import Compared
from nba_assets.lineups.models import Posterior
from nba_assets.lineups.spec import ARCHETYPES, MATCHUPS, PARAMETERS, SUPERCLUSTERS
from nba_assets.reference.names import Names

TENTHS = 10


@dataclass(frozen=True)
class People:
    """Players by name, and lineups by minutes.

    Attributes:
        names: by id.
        teams: by id, of the newest game, three letters.
        resolver: of names that people write.
        minutes: together, by five ids, sorted, joined by '-'.
    """

    names: Mapping[int, str]
    teams: Mapping[int, str]
    resolver: Names
    minutes: Mapping[str, float]

    def name(self, player: int) -> str:
        """Return a player's name, else the id."""
        return self.names.get(player, str(player))

    def together(self, five: Sequence[int]) -> float:
        """Return minutes that five players had together in seasons before."""
        return self.minutes.get("-".join(map(str, sorted(five))), 0.0)


def diagnosed(bundle: LineupBundle) -> pl.DataFrame:
    """Return a row per model: how its chains ran, and how many cells are masked."""
    rows: list[dict[str, object]] = []
    for model, posterior in bundle.posteriors.items():
        ran = posterior.sampling
        if ran is None:
            continue
        of_cells = model in ("matchup", "top25")
        masked = int((~posterior.enough).sum()) + MATCHUPS - len(posterior.n) if of_cells else 0
        size = 3 if model == "additive" else len(posterior.n) * PARAMETERS
        row = {"model": model, "parameters": size, "possessions": int(posterior.n.sum()), "sampling_seconds": ran.seconds}
        row |= {"max_r_hat": ran.r_hat, "min_ess_bulk": ran.ess_bulk, "min_ess_tail": ran.ess_tail}
        row |= {"divergences": ran.divergent, "min_bfmi": ran.bfmi}
        rows.append({**row, "masked_cells": masked, "converged": not ran.faults})
    return pl.DataFrame(rows)


def readable(scores: pl.DataFrame) -> pl.DataFrame:
    """Return scores for people: gains in 1e-4 nats a possession."""
    small = ["elpd_diff", "elpd_se", "elpd_low", "elpd_high"]
    return scores.with_columns(pl.col(small) * 1e4).rename({name: f"{name}_e4" for name in small})


def report(result: Compared, decision: Decision) -> str:
    """Return the answers to the four known questions, and for which archetypes the weight differs between opponents."""
    scores = {row["model"]: row for row in result.scores.iter_rows(named=True)}
    matchup, best = result.posteriors["matchup"], scores[decision.model]
    faults = matchup.sampling.faults if matchup.sampling else ["it was not sampled"]
    apart = contrasts(matchup)
    sure = apart.filter((pl.col("low") > 0) | (pl.col("high") < 0)).height
    masked = int((~matchup.enough).sum())
    pairs = (("matchup", "simplified"), ("simplified", "additive"), ("hierarchical", "additive"))
    gains = "; ".join(f"{one} less {other} {_gain(result, one, other)}" for one, other in pairs)
    told = {
        "Does it converge?": faults[0] if faults else f"Yes, in all of {MATCHUPS * PARAMETERS} parameters.",
        "Does it predict better?": f"In 1e-4 nats a possession: {gains}.",
        "Which one deploys?": f"{decision.model} ({decision.action}), decided on the last season learned from:"
        f" {decision.reason}.",
        "How are sparse cells answered?": f"{masked} cells have fewer than 50 possessions a parameter; there top25 answers,"
        " else hierarchical, else simplified, and the answer says so.",
        "Where does a weight differ between opponents?": f"Of {apart.height} contrasts of an archetype between two"
        f" superclusters of defences, {sure} have a 90% interval without zero; one in ten would have by chance.",
        "Why is the squared error not 0.309?": f"It is {best['mse']:.3f} a possession. The 0.309 reported elsewhere is of"
        " rows that were events, most of which bring no points.",
    }
    return "\n".join(f"{question} {answer}" for question, answer in told.items())


def _gain(result: Compared, one: str, other: str) -> str:
    """How much better one model predicts than another, with a 95% interval by games."""
    log = [log_density(result.season.plays, result.predicted[name]) for name in (one, other)]
    mean, _, low, high = difference(result.season.plays, log[0] - log[1])
    return f"{1e4 * mean:+.2f} ({1e4 * low:+.2f} … {1e4 * high:+.2f})"


def contrasts(posterior: Posterior) -> pl.DataFrame:
    """Return how far an offence's weight differs, by archetype and two superclusters of defences: mean and 90% interval."""
    size = len(ARCHETYPES)
    weight = posterior.draws[:, :, 1 : size + 1].reshape(-1, SUPERCLUSTERS, SUPERCLUSTERS, size).mean(axis=1)
    rows: list[dict[str, object]] = []
    for one in range(SUPERCLUSTERS):
        for other in range(one):
            apart = weight[:, one] - weight[:, other]
            low, high = np.quantile(apart, [0.05, 0.95], axis=0)
            for number, name in enumerate(ARCHETYPES):
                row = {"archetype": name, "against": one, "rather_than": other, "mean": float(apart[:, number].mean())}
                rows.append({**row, "low": float(low[number]), "high": float(high[number])})
    return pl.DataFrame(rows)


def write_pictures(result: Compared, model: str, folder: Path) -> None:
    """Write lineups_calibration.png of a model, lineups_convergence.png and lineups_weights.png."""
    folder.mkdir(parents=True, exist_ok=True)
    told = result.predicted[model].mean
    with pictures.panels(1) as (picture, (axis,)):
        x, y, spread = _by_tenth(told, result.season.plays.points)
        names = ("expected points per 100 possessions", "scored")
        pictures.against(axis, x, y, title=f"{model}, {result.season.plays.season}", names=names, spread=spread)
    (folder / "lineups_calibration.png").write_bytes(picture.png)
    cells = result.coefficients.filter(pl.col("model") == "matchup")
    with pictures.panels(2) as (picture, (left, right)):
        worst = cells.group_by("matchup").agg(pl.col("r_hat").max(), pl.col("ess_tail").min()).sort("matchup")
        names = [str(number) for number in range(SUPERCLUSTERS)]
        for axis, column, title in ((left, "r_hat", "largest R-hat"), (right, "ess_tail", "smallest tail ESS")):
            values = worst[column].to_numpy().reshape(SUPERCLUSTERS, SUPERCLUSTERS)
            shade = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
            pictures.grid(axis, names, names, shade.tolist(), title=f"{title}: {values.min():.4g} … {values.max():.4g}")
    (folder / "lineups_convergence.png").write_bytes(picture.png)
    own = result.coefficients.filter((pl.col("model") == "simplified") & (pl.col("parameter") != "intercept"))
    with pictures.panels(1, width=6, height=4.6) as (picture, (axis,)):
        names, mean, low, high = (own[name].to_list() for name in ("parameter", "mean", "low", "high"))
        pictures.forest(axis, names, mean, low, high, title="weights of archetypes", unit="points per point of skill")
    (folder / "lineups_weights.png").write_bytes(picture.png)


def _by_tenth(told: Floats, points: Floats) -> tuple[list[float], list[float], tuple[list[float], list[float]]]:
    """Expected and scored per 100 possessions, with 95% intervals, by tenths of what was expected."""
    x: list[float] = []
    y: list[float] = []
    half: list[float] = []
    for rows in np.array_split(np.argsort(told, kind="stable"), TENTHS):
        x.append(100 * float(told[rows].mean()))
        y.append(100 * float(points[rows].mean()))
        half.append(196 * float(points[rows].std() / np.sqrt(len(rows))))
    return x, y, (half, half)


def ranked(
    bundle: LineupBundle, mates: Sequence[int], others: Sequence[int], against: Against, people: People, model: str | None
) -> pl.DataFrame:
    """Return candidates for a lineup of four, the best first, with their archetype and minutes of the five together."""
    fives = [[*mates, player] for player in others]
    for five in fives:
        answers.check_lineup(five, [people.name(player) for player in five])
    found = answers.summary(answers.rate(bundle, fives, against, model), [str(player) for player in others])
    players = [int(player) for player in found["name"]]
    return found.with_columns(
        name=pl.Series([people.name(player) for player in players]),
        archetype=pl.Series([archetype_of(bundle, player) for player in players]),
        minutes_together=pl.Series([people.together([*mates, player]) for player in players]),
        against=pl.lit(against.label),
    )


def rated(bundle: LineupBundle, five: Sequence[int], against: Against, people: People, model: str | None) -> pl.DataFrame:
    """Return a lineup's rating."""
    names = [people.name(player) for player in five]
    answers.check_lineup(five, names)
    found = answers.summary(answers.rate(bundle, [five], against, model), [", ".join(names)])
    kept = found.drop("best", "rank_low", "rank_high", "within_noise")
    archetypes = ", ".join(archetype_of(bundle, player) for player in five)
    # Of two teams: as if they had played together.
    teams = ", ".join(dict.fromkeys(people.teams.get(player, "?") for player in five))
    return kept.with_columns(
        minutes_together=pl.lit(people.together(five)),
        archetypes=pl.lit(archetypes),
        teams=pl.lit(teams),
        against=pl.lit(against.label),
    )


def swapped(
    bundle: LineupBundle, mates: Sequence[int], leaves: int, comes: int, against: Against, model: str | None
) -> pl.DataFrame:
    """Return what a swap changes in net points per 100 possessions."""
    for player in (leaves, comes):
        answers.check_lineup([*mates, player], [str(one) for one in (*mates, player)])
    found: Rated = answers.rate(bundle, [[*mates, leaves], [*mates, comes]], against, model)
    change = found.net[:, 1] - found.net[:, 0]
    low, high = np.quantile(change, [answers.LOW, answers.HIGH])
    need = answers.possessions_to_know(bundle, float(change.mean()))
    return pl.DataFrame(
        {
            "change": [float(change.mean())],
            "low": [float(low)],
            "high": [float(high)],
            "better": [float((change > 0).mean())],
            "within_noise": [bool(low <= 0 <= high)],
            "possessions_to_know": [need],
            "answered_by": [", ".join(sorted(set(found.answered_by)))],
            "against": [against.label],
        }
    )


def archetype_of(bundle: LineupBundle, player: int) -> str:
    """Return the archetype of a player; of one without a game the prior's."""
    place = bundle.place(player)
    name = ARCHETYPES[int(bundle.archetype[place])]
    return name if place else f"{name} (a rookie's prior)"


def salaries_of(file: Path, names: Names) -> Mapping[int, float]:
    """Return salaries by player of a CSV with player (name or id) and salary.

    Raises:
        LineupError: a column is missing, a salary is not a number, or a name is not one player.
    """
    rows = pl.read_csv(file, infer_schema=False)
    if missing := {"player", "salary"} - set(rows.columns):
        raise LineupError(f"column {', '.join(sorted(missing))} is missing", source=file)
    found: dict[int, float] = {}
    for number, (player, salary) in enumerate(rows.select("player", "salary").iter_rows()):
        meant = int(player) if str(player).isdigit() else names.resolve(str(player)).player_id
        if meant is None:
            raise LineupError(f"{player!r} is not one player", source=file, column="player", row=number)
        try:
            found[meant] = float(str(salary).replace("$", "").replace(",", ""))
        except ValueError as error:
            raise LineupError(f"{salary!r} is not a number", source=file, column="salary", row=number) from error
    return found
