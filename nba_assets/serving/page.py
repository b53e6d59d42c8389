"""The page for people: slates, players and models as HTML, drawn here. It works without its script, and asks no other site."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from nba_assets.serving import reading, switchboard, views
from nba_assets.serving.problems import ProblemError
from nba_assets.serving.reading import Row
from nba_assets.serving.service import Service
from nba_assets.serving.shapes import PLAIN, Bodies, Short, answered, tagged, unchanged

HTML = "text/html; charset=utf-8"
# Nothing from elsewhere, no frame of others, no script inside the document.
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
POLICY += "base-uri 'none'; frame-ancestors 'none'"
FILES = {"icon.svg": "image/svg+xml", "page.css": "text/css", "page.js": "text/javascript"}
Team = Annotated[str | None, Query(max_length=3, pattern=r"^[A-Z]*$", description="three letters of a team; none: all")]
Chosen = Annotated[Literal["noon", "tip", "last"], Query(description="of which decision; last: each game's last one")]
Asked = Annotated[str | None, Query(max_length=5, pattern=r"^$|^\d{1,3}(\.\d)?$", description="a line, as 24.5")]
Sitting = Annotated[Sequence[int], Query(max_length=30, description="who sits, by id")]
Named = Annotated[str, Query(max_length=100, pattern=PLAIN, description="a player's name or id")]


def install(app: FastAPI, service: Service, release: str) -> None:
    """Let an application show the page below `/app`."""
    page = Page(service, release)
    app.state.show_problem = page.problem
    _slates(app, service, page)
    _players(app, service, page)

    @app.get("/app/models", include_in_schema=False)
    def models(request: Request) -> Response:
        return page.show(request, page.board, lambda: views.models_of(service))

    @app.get("/app/data", include_in_schema=False)
    def data(request: Request) -> Response:
        missing = service.missing()
        version = f"{page.state()}.{page.documents()}.{len(missing)}"
        return page.show(request, lambda: version, lambda: views.data_of(service, missing))

    @app.get("/app/files/{name}", include_in_schema=False)
    def file(request: Request, name: str) -> Response:
        return page.file(request, name)


def _slates(app: FastAPI, service: Service, page: "Page") -> None:
    @app.get("/app", include_in_schema=False)
    def newest() -> Response:
        day = reading.tonight(service.database, datetime.now(UTC))
        return RedirectResponse(f"/app/slate/{day}" if day else "/app/data")

    @app.get("/app/slate", include_in_schema=False)
    def of_day(day: date) -> Response:
        return RedirectResponse(f"/app/slate/{day}")

    @app.get("/app/slate/{day}", include_in_schema=False)
    def slate(request: Request, day: date, decision: Chosen = "last", team: Team = None, sort: views.Sort = "game") -> Response:
        chosen = partial(views.slate_of, service, day, decision, team or None, sort)
        return page.show(request, lambda: service.version(day), chosen)


def _players(app: FastAPI, service: Service, page: "Page") -> None:
    @app.get("/app/player", include_in_schema=False)
    def found(who: Named) -> Response:
        try:
            return RedirectResponse(f"/app/player/{service.player(who).player_id}")
        except ProblemError as error:
            return page.refused(error)

    @app.get("/app/player/{who}", include_in_schema=False)
    def player(request: Request, who: str, line: Asked = None) -> Response:
        return page.show(request, page.state, lambda: views.player_of(service, who, float(line) if line else None))

    @app.get("/app/team/{team}", include_in_schema=False)
    def usage(request: Request, team: Short, out: Sitting = ()) -> Response:
        version = partial(switchboard.version, service)
        return page.show(request, version, lambda: switchboard.team_of(service, team, frozenset(out)))


class Page:
    """Renders documents, and keeps them as long as what they are made of is the same.

    Args:
        service: that answers.
        release: another one may render the same rows in another way.
    """

    def __init__(self, service: Service, release: str) -> None:
        """Read the templates."""
        self._service, self._release, self._bodies = service, release, Bodies(release)
        loader = PackageLoader("nba_assets.serving")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._templates.filters |= views.FILTERS
        self._files = {name: self._templates.get_template(name).render().encode() for name in FILES}

    def state(self) -> str:
        """Return what all dates are, in one word."""
        return reading.state(self._service.database) or "none"

    def documents(self) -> str:
        """Return what the documents of no date are, in one word."""
        found = ".".join(reading.document_versions(self._service.database))
        return sha256(found.encode()).hexdigest()[:16]

    def board(self) -> str:
        """Return what the documents, all dates and the loaded models are, in one word."""
        return f"{self.documents()}.{self.state()}.{self._service.models.state}"

    def show(self, request: Request, version: Callable[[], str], make: Callable[[], tuple[str, Row]]) -> Response:
        """Answer with a page; one that a client holds already is not sent again.

        Args:
            request: that is answered.
            version: reads what the page is made of, in one word. Raises ProblemError.
            make: reads it: the template's name and its values. Raises ProblemError.
        """
        try:
            tag = f'"{version()}.{self._release}"'
            if held := unchanged(request, tag):
                return held
            body = self._bodies.get(request, tag)
            if body is None:
                body = self._bodies.put(request, tag, self._render(*make()))
        except ProblemError as error:
            return self.refused(error)
        found = answered(request, body, HTML, tag)
        found.headers["Content-Security-Policy"] = POLICY
        return found

    def file(self, request: Request, name: str) -> Response:
        """Answer with the style or the script."""
        if name not in self._files:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no {name!r}; there is {' and '.join(FILES)}")
        tag = f'"{self._release}.{len(self._files[name])}"'
        return unchanged(request, tag) or Response(self._files[name], media_type=FILES[name], headers=tagged(tag))

    def refused(self, error: ProblemError) -> Response:
        """Answer with what is wrong, and where one may go on."""
        return self.problem(error.status, error.detail, {}, **error.more)

    def problem(self, status: int, detail: str, headers: Mapping[str, str], **more: Any) -> Response:
        """Answer with what is wrong, and where one may go on."""
        body = self._render("problem.html", {"title": HTTPStatus(status).phrase, "detail": detail, **_help(more)})
        return Response(body, status, media_type=HTML, headers={**headers, "Content-Security-Policy": POLICY})

    def _render(self, name: str, values: Mapping[str, Any]) -> bytes:
        return self._templates.get_template(name).render(**values).encode()


def _help(more: Mapping[str, Any]) -> Row:
    """Where somebody who asked for what is not there may go on: dates, players by id, names."""
    candidates = [(f"/app/player/{each['player_id']}", each["player_name"]) for each in more.get("candidates", [])]
    dates = [(f"/app/slate/{day}", str(day)) for day in more.get("nearest", [])]
    return {"links": candidates + dates, "names": more.get("suggestions", [])}
