"""`nba-assets simulate`: a simulated league, its truth, its games as an archive, and its figures beside real ones."""

from pathlib import Path
from typing import Annotated

import typer

from nba_assets.cli.common import CommandError, FormatOption, errors
from nba_assets.cli.printing import Format, show

commands = typer.Typer()


@commands.command()
def simulate(
    seasons: Annotated[int, typer.Option(min=1, max=30, help="how many")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="of the league: the same seed gives the same league")] = 7,
    first_season: Annotated[int, typer.Option(min=2018, max=2040, help="start year of the first season")] = 2022,
    truth: Annotated[
        Path | None, typer.Option(help="folder for what the league was expected to do; models never see it")
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(help="folder for its games, in the layout that --source archive reads")
    ] = None,
    compare: Annotated[Path | None, typer.Option(help="archive of real games to compare figures with")] = None,
    picture: Annotated[Path | None, typer.Option(help="PNG file for distributions beside those of --compare")] = None,
    replays: Annotated[int, typer.Option(min=1, help="replays of each game, for what was expected before it began")] = 24,
    form: FormatOption = Format.table,
) -> None:
    """Simulate a league; write its truth and its games, or compare it with real ones. A home's league has the same seed."""
    with errors():
        if not (truth or archive or compare):
            raise CommandError("nothing to do", remedy="name a folder with --truth DIR, --archive DIR or --compare DIR")
        if picture and not compare:
            raise CommandError("--picture shows real games too", remedy="name them with --compare DIR")
        from nba_assets.cli.progress import Lines
        from nba_assets.evaluation.realism import compared, distributions, figures, newest_whole_seasons
        from nba_assets.sources.archive import ArchiveSource
        from nba_assets.sources.export import League, export_archive, write_truth
        from nba_assets.sources.simulated import SimulatedSource
        from nba_assets.tables import facts

        report = Lines()
        real = newest_whole_seasons(ArchiveSource(compare)) if compare else None
        league = SimulatedSource(seed, first_season, seasons, expect=truth is not None)
        spans = league.seasons()
        report.line(f"played {', '.join(span.season for span in spans)}")
        if archive:
            for name, rows in export_archive(league.whole, spans, archive):
                report.line(f"{archive / name}: {rows:,} rows")
        if truth:
            for name, rows in write_truth(League(seed, first_season, seasons, replays), league.truth(replays), truth):
                report.line(f"{truth / name}.parquet: {rows:,} rows")
        if real is not None:
            simulated = league.whole(facts.BOX_SCORES)
            show(compared(figures(simulated), figures(real)), form)
            if picture:
                picture.write_bytes(distributions(simulated, real).png)
