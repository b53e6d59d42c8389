"""Facts from the answers that are kept. Nothing is asked here."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl

from nba_assets.calendar import STARTERS_BEFORE_TIP, TIMESTAMP, Dates, box_score_known_at, tip_off_or_assumed
from nba_assets.sources.known import moves, versions
from nba_assets.sources.nba_stats import games, plays, queries
from nba_assets.sources.nba_stats.answers import Answer, Answers
from nba_assets.sources.quarantine import bad_games
from nba_assets.tables import facts
from nba_assets.tables.versions import as_of

NEXT_MORNING = box_score_known_at(pl.col("game_date"))
# Answers of one fetch are not further apart.
ONE_FETCH = timedelta(minutes=10)
OF_GAME = ("season", "season_type", "game_id", "game_date")
REPORT = ("game_id", "game_date", "player_id", "team_id", "status", "reason", "seen_at")


class Reading:
    """Facts by table.

    Args:
        answers: that there are.
    """

    def __init__(self, answers: Answers) -> None:
        """Remember them; nothing is read yet."""
        self._answers = answers

    def notices(self, season: str) -> pl.DataFrame:
        """Return the facts `schedule_notices` of one season."""
        return games.notices(list(self._answers.usable(queries.SCHEDULE, season)))

    def schedule(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `schedule_notices`."""
        wanted = pl.col("game_date").is_between(*dates)
        parts = (self.notices(season).filter(wanted) for season in self._answers.seasons())
        return pl.concat([facts.SCHEDULE_NOTICES.empty(), *parts])

    def box_scores(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `box_scores`, without games that cannot be true."""
        boxes = self._boxes(dates)
        return boxes.join(self._bad(boxes, dates), on="game_id", how="anti", maintain_order="left")

    def quarantine(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `quarantine`: games that cannot be true, as they stand now."""
        return self._bad(self._boxes(dates), dates)

    def play_by_play(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `play_by_play` of games that have a box score."""
        played = as_of(self.box_scores(dates), facts.BOX_SCORES)
        starters = played.filter("starter").partition_by("game_id", as_dict=True)
        seen = [
            plays.with_court(events, starters.get((response.kept.subject,), played.clear()))
            for response, events in self._of(queries.PLAYS, dates)
            if (response.kept.subject,) in starters
        ]
        return _versions(seen, facts.PLAY_BY_PLAY)

    def tracking_games(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `tracking_games`: tracking is of a date; who played where is in the box scores."""
        played = as_of(self.box_scores(dates), facts.BOX_SCORES).select(*OF_GAME, "player_id", "team_id")
        seen: list[pl.DataFrame] = []
        for folder in self._answers.folders(queries.TRACKING, dates):
            for asked_at, measures in self._together(folder):
                rows = played.filter(pl.col("game_date") == date.fromisoformat(folder))
                for measure in measures:
                    rows = rows.join(measure, on="player_id", how="inner", maintain_order="left")
                seconds = (60 * pl.col("minutes_of_possession")).round().cast(pl.Int64)
                seen.append(rows.with_columns(time_of_possession=seconds, seen_at=pl.lit(asked_at, TIMESTAMP)))
        return _versions(seen, facts.TRACKING_GAMES)

    def _together(self, folder: str) -> Iterator[tuple[datetime, list[pl.DataFrame]]]:
        """Yield the newest answer about each measure, as of the end of each fetch: they are asked for one after the other."""
        answers = sorted(self._answers.usable(queries.TRACKING, folder), key=lambda answer: answer[0].kept.asked_at)
        if not answers:
            # Nobody was tracked yet when it was asked for.
            return
        newest: dict[str, pl.DataFrame] = {}
        ends = [*(response.kept.asked_at for response, _ in answers[1:]), datetime.max.replace(tzinfo=UTC)]
        for (response, measure), following in zip(answers, ends, strict=True):
            newest[response.kept.subject] = measure
            if len(newest) == len(queries.MEASURES) and following - response.kept.asked_at > ONE_FETCH:
                yield response.kept.asked_at, [newest[name] for name in queries.MEASURES]

    def availability(self, dates: Dates) -> pl.DataFrame:
        """Return the facts `availability`: as announced before a game if somebody looked, else as the game shows."""
        announced = [_report(answer) for answer in self._of(queries.LINEUPS, dates)]
        known = {frame["game_id"][0] for frame in announced if not frame.is_empty()}
        inactive = [
            _report((response, rows.with_columns(status=pl.lit("out"), reason=pl.lit(None, pl.String))))
            for response, rows in self._of(queries.SUMMARY, dates)
            if response.kept.subject not in known
        ]
        starters = (
            boxes.filter(pl.col("starter") & ~pl.col("game_id").is_in(known))
            .with_columns(status=pl.lit("starter"), reason=pl.lit(None, pl.String))
            .select(REPORT)
            for boxes in self._seen_boxes(dates)
        )
        found = [*announced, *inactive, *starters]
        if not found:
            return facts.AVAILABILITY.empty()
        tip_off = tip_off_or_assumed(pl.col("tip_off"), pl.col("game_date"))
        slate = as_of(self.schedule(dates), facts.SCHEDULE_NOTICES).select(
            "game_id", "game_date", nominal=tip_off - STARTERS_BEFORE_TIP
        )
        return versions(pl.concat(found).join(slate, on=["game_id", "game_date"]), facts.AVAILABILITY)

    def players(self, _: Dates) -> pl.DataFrame:
        """Return the table `players`: what the newest roster of each says."""
        newest = self.listed().sort("seen_at", maintain_order=True).unique("player_id", keep="last", maintain_order=True)
        return newest.select(facts.PLAYERS.names)

    def rosters(self, _: Dates) -> pl.DataFrame:
        """Return the facts `rosters`; one of an earlier season says where everybody ended, and not since when."""
        return moves(self.listed().filter("is_current"))

    def listed(self) -> pl.DataFrame:
        """Return all rosters: columns of `players`, team_id, seen_at (UTC), and whether it was asked for in its season."""
        rosters = [
            rows.with_columns(is_current=pl.lit(games.season_at(response.kept.asked_at.date()) == season))
            for season in self._answers.seasons()
            for response, rows in self._answers.usable(queries.ROSTER, season)
        ]
        more = {"team_id": pl.Int64, "seen_at": TIMESTAMP, "is_current": pl.Boolean}
        none = facts.PLAYERS.empty().with_columns(pl.lit(None, kind).alias(name) for name, kind in more.items())
        return pl.concat([none, *rosters])

    def _of(self, endpoint: str, dates: Dates) -> Iterator[Answer]:
        for folder in self._answers.folders(endpoint, dates):
            yield from self._answers.usable(endpoint, folder)

    def _seen_boxes(self, dates: Dates) -> Iterator[pl.DataFrame]:
        """Box scores of games that were over when they were asked for."""
        over: dict[str, datetime] = {}
        for response, _ in self._of(queries.SUMMARY, dates):
            over.setdefault(response.kept.subject, response.kept.asked_at)
        for response, rows in self._of(queries.BOX, dates):
            since = over.get(response.kept.subject)
            if since is not None and since <= response.kept.asked_at:
                yield rows
        for _, rows in self._of(queries.LIVE_BOX, dates):
            yield rows

    def _boxes(self, dates: Dates) -> pl.DataFrame:
        return _versions(list(self._seen_boxes(dates)), facts.BOX_SCORES)

    def _bad(self, boxes: pl.DataFrame, dates: Dates) -> pl.DataFrame:
        return bad_games(as_of(boxes, facts.BOX_SCORES), self.schedule(dates))


def _report(answer: Answer) -> pl.DataFrame:
    response, rows = answer
    return rows.with_columns(
        game_id=pl.lit(response.kept.subject),
        game_date=pl.lit(date.fromisoformat(response.kept.folder)),
        seen_at=pl.lit(response.kept.asked_at, TIMESTAMP),
    ).select(REPORT)


def _versions(seen: list[pl.DataFrame], table: facts.Table) -> pl.DataFrame:
    """Versions of facts that an archive would know the next morning."""
    return versions(pl.concat(seen).with_columns(nominal=NEXT_MORNING), table) if seen else table.empty()
