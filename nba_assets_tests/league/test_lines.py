"""Which line counts: the nearest to the books' median, by price among equals; what is ambiguous is said to be."""

from datetime import UTC, date, datetime

import polars as pl

from nba_assets.league.lines import betting_lines
from nba_assets.tables import facts
from nba_assets_tests.rows import of

DAY, EARLY, LATE = date(2024, 1, 1), datetime(2024, 1, 1, 15, tzinfo=UTC), datetime(2024, 1, 1, 22, tzinfo=UTC)
ASKED = pl.DataFrame({"game_id": ["g"], "game_date": [DAY], "player_id": [1], "decision": ["tip"], "decision_at": [LATE]})


def offered(
    *lines: tuple[str, float, int | None, int | None] | tuple[str, float, int | None, int | None, datetime],
) -> pl.DataFrame:
    """Both sides of lines: book, number, prices, and when."""
    rows = [
        {"game_id": "g", "game_date": DAY, "player_id": 1, "market": "player_points", "bookmaker": book, "side": side}
        | {"line": number, "american_price": price, "known_at": when[0] if when else EARLY}
        for book, number, over, under, *when in lines
        for side, price in (("Over", over), ("Under", under))
    ]
    return of(facts.PROP_LINES, *rows)


def counts(prop_lines: pl.DataFrame) -> tuple[str, float, bool]:
    return betting_lines(ASKED, prop_lines, "player_points").select("bookmaker", "betting_line", "line_is_ambiguous").row(0)


def test_of_a_book_the_most_evenly_priced_line_is_its_main_one() -> None:
    assert counts(offered(("a", 20.5, -110, -110), ("a", 25.5, 250, -330))) == ("a", 20.5, False)


def test_the_line_nearest_to_the_median_of_the_books_counts() -> None:
    found = offered(("a", 19.5, -110, -110), ("b", 20.5, -120, 100), ("c", 22.5, -110, -110))
    assert counts(found) == ("b", 20.5, False)


def test_of_two_in_the_middle_the_more_evenly_priced_one_counts_be_it_the_lower_or_the_higher() -> None:
    assert counts(offered(("a", 20.5, -130, 105), ("b", 21.5, -110, -110))) == ("b", 21.5, False)
    assert counts(offered(("a", 20.5, -110, -110), ("b", 21.5, -130, 105))) == ("a", 20.5, False)


def test_of_equals_the_first_book_counts_and_the_line_is_ambiguous() -> None:
    assert counts(offered(("a", 21.5, -137, -137), ("b", 20.5, -137, -137))) == ("a", 21.5, True)
    assert counts(offered(("a", 20.5, -137, -137), ("b", 20.5, -137, -137))) == ("a", 20.5, False)


def test_a_move_without_a_stamp_is_no_alternate_line() -> None:
    """A pick'em operator has 20.5 and 22.5 at one price: the one where another operator is counts, and it is ambiguous."""
    assert counts(offered(("a", 20.5, -137, -137), ("a", 22.5, -137, -137), ("b", 20.5, -137, -137)))[1:] == (20.5, True)
    assert counts(offered(("b", 20.5, -137, -137), ("c", 20.5, -137, -137), ("a", 22.5, -137, -137)))[1:] == (20.5, False)


def test_a_stamped_move_is_the_newer_line() -> None:
    assert counts(offered(("a", 20.5, -110, -110), ("a", 21.5, -110, -110, LATE))) == ("a", 21.5, False)
