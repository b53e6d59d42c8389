"""The results of a range of dates as Markdown, as the pages show them: figures with population and 95% interval."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from nba_assets.evaluation.metrics import differences, evaluate, played

NOTHING = "–"
ALL, ROSTER, LISTED = "all_played", "on_roster", "line_listed"
ERRORS = ("model", "MAE", "less the best", "less the exponential mean", "within 3", "bias, median / mean")
DISTRIBUTIONS = ("distribution", "p10–p90 holds", "CRPS", "log score", "PIT deviation")
LINES = ("model", "MAE there", "less the line", "mean of both less the line")
CHANCES = ("chance of the over", "n", "slope", "log loss", "less the prices'", "model alone", "prices")
BETS = ("bets", "sportsbooks", "pick'em operators", "most staked in a night", "bankroll", "drawdown")
BASELINES = {"exponential mean": "mae_ewma", "season average": "mae_season_average", "last 10 games": "mae_last_10"}
Record = Mapping[str, Any]
Row = Sequence[str]


def report(grades: pl.DataFrame, markets: Sequence[str]) -> str:
    """Return tables of errors, distributions, lines and bets of each market and decision.

    A model is bold if it is the best one, or if the interval of its difference from that one includes zero.

    Args:
        grades: `graded_predictions` of the range, all versions.
        markets: to show, in this order.
    """
    rows, apart = played(grades), differences(grades)
    records = pl.DataFrame(evaluate(grades), infer_schema_length=None)
    parts: list[str] = []
    for market in markets:
        for decision in ("noon", "tip"):
            own = (pl.col("market") == market) & (pl.col("decision") == decision)
            some = rows.filter(own)
            if some.height:
                parts.append(f"**{market}, {decision}**: " + _population(some))
                parts += _tables(records.filter(own), apart.filter(own))
    return "\n\n".join(parts) + "\n"


def _population(rows: pl.DataFrame) -> str:
    players = rows.unique(["game_id", "player_id"])
    kinds = " and ".join(str(kind).lower() for kind in rows["season_type"].unique().sort())
    roster = players.filter("on_roster").height
    return (
        f"{rows['game_date'].min()} … {rows['game_date'].max()}, {kinds}, all {players.height:,} player-games that were played,"
        f" {roster:,} of them by players on a roster before the game."
    )


def _tables(records: pl.DataFrame, apart: pl.DataFrame) -> Iterator[str]:
    order = {row["model_id"]: row for row in apart.to_dicts()}
    found = {(row["model_id"], row["population"]): row for row in records.to_dicts()}
    of_all = {model: found[model, ALL] for model in order}
    of_lines = {model: found[model, LISTED] for model in order if found[model, LISTED]["n"]}
    yield _table(ERRORS, _errors(of_all, {model: found[model, ROSTER] for model in order}, order))
    yield _table(DISTRIBUTIONS, _distributions(of_all))
    if of_lines:
        yield f"On the {next(iter(of_lines.values()))['n']:,} of them with a line at the decision:"
        yield _table(LINES, _lines(of_lines))
        yield _table(CHANCES, _chances(of_lines))
        yield _table(BETS, _bets(of_lines))


def _errors(records: Mapping[str, Record], rosters: Mapping[str, Record], order: Mapping[str, Record]) -> Iterator[Row]:
    for model, row in records.items():
        as_good = order[model]["difference"] is None or (order[model]["difference_low"] or 0) <= 0
        name, apart = f"**{model}**" if as_good else model, _interval(order[model], "difference", signed=True)
        bias = f"{_number(row['bias'], '+.2f')} / {_number(row['bias_expected'], '+.2f')}"
        yield (name, _interval(row, "mae"), apart, _interval(row, "less_ewma", signed=True), f"{row['within_3']:.1%}", bias)
    best, first = next(iter(records.items()))
    yield (f"{best}, of players on a roster", _interval(rosters[best], "mae"), *[NOTHING] * 4)
    for name, key in BASELINES.items():
        if first[key] is not None:
            yield (name, _number(first[key]), *[NOTHING] * 4)
    if first["mae_known_minutes"] is not None:
        yield ("one fitted model, given the actual minutes", _number(first["mae_known_minutes"]), *[NOTHING] * 4)


def _distributions(records: Mapping[str, Record]) -> Iterator[Row]:
    for model, row in records.items():
        scores = [_number(row[key]) for key in ("crps", "log_score")]
        yield (model, f"{row['inside_80']:.1%}", *scores, _number(row["pit_deviation"], ".4f"))
    first = next(iter(records.values()))
    for name, key in (
        ("exponential mean, fitted alike", "crps_ewma_conformal"),
        ("last 20 games, each as likely", "crps_last_20"),
    ):
        yield (name, NOTHING, _number(first[key]), NOTHING, NOTHING)


def _lines(records: Mapping[str, Record]) -> Iterator[Row]:
    for model, row in records.items():
        apart = (_interval(row, name, signed=True) for name in ("over_line", "blend_over_line"))
        yield (model, _number(row["mae_on_line_rows"]), *apart)
    yield ("the line", _number(next(iter(records.values()))["mae_line"]), NOTHING, NOTHING)


def _chances(records: Mapping[str, Record]) -> Iterator[Row]:
    for model, row in records.items():
        gain = _interval(row, "log_loss_less_no_vig", digits=4, signed=True)
        losses = (_number(row[key], ".4f") for key in ("log_loss_model", "log_loss_no_vig"))
        slope = _interval(row, "slope", digits=2)
        yield (model, f"{row['n_outcomes']:,}", slope, _number(row["log_loss"], ".4f"), gain, *losses)


def _bets(records: Mapping[str, Record]) -> Iterator[Row]:
    for model, row in records.items():
        kinds = {kind: _interval(row, f"return_{kind}", signed=True) for kind in ("sportsbook", "pickem")}
        returns = (f"{row[f'bets_{kind}']:,}: {found}" for kind, found in kinds.items())
        yield (model, *returns, *(_number(row[key]) for key in ("most_staked", "bankroll", "drawdown")))


def _number(value: float | None, form: str = ".3f") -> str:
    return NOTHING if value is None else format(value, form)


def _interval(row: Record, name: str, digits: int = 3, *, signed: bool = False) -> str:
    """A figure with the ends of its interval, where there are any."""
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    form = f"{'+' if signed else ''}.{digits}f"
    if value is None:
        return NOTHING
    return format(value, form) if low is None else f"{value:{form}} ({low:{form}} … {high:{form}})"


def _table(heads: Row, rows: Iterator[Row]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
