"""The service over HTTP. What it answers is in `service`; what holds for every request is in `conventions`."""

from asyncio import create_task
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from nba_assets.registry.catalog import DEFAULT_MARKET
from nba_assets.serving import coordinating, page, predicting, problems, reading, sitting
from nba_assets.serving.conventions import Conventions, Meters
from nba_assets.serving.coordinator import Coordinator
from nba_assets.serving.kept import Kept
from nba_assets.serving.messages import Inbox
from nba_assets.serving.reading import OF_PLAYER, OF_PREDICTION, OUT
from nba_assets.serving.runs import Runs
from nba_assets.serving.service import Service
from nba_assets.serving.shapes import (
    LONGEST,
    MEDIA,
    PLAIN,
    Bodies,
    Form,
    ModelId,
    Short,
    Text,
    as_json,
    row_model,
    tagged,
    unchanged,
)
from nba_assets.serving.systems import Models, paths_of
from nba_assets.serving.tokens import Tokens
from nba_assets.serving.watching import refreshed, watch
from nba_assets.settings import Settings
from nba_assets.stores.artifacts import FileArtifacts
from nba_assets.stores.database import Database, DatabaseError
from nba_assets.tables.serving import ROW_KEY, SERVED_PREDICTIONS, SERVED_SLATES
from nba_assets.usage.coefficients import get_player_coefficients, predict_usage

NAME, VERSION = "nba_assets", version("nba-assets")
SMALLEST_ZIPPED = 1000
MOST_OUT = 30
DETAILS = {"description": "problem details (RFC 9457)", "content": {problems.FORM: {}}}
PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((401, 404, 409, 413, 422, 429, 503), DETAILS)

Day = Annotated[date, Path(description="day of the games in New York", examples=["2024-01-31"])]
Who = Annotated[str, Path(max_length=LONGEST, description="NBA.com's id, or a name in any spelling", examples=["nikola jokic"])]
Market = Annotated[str, Query(max_length=LONGEST, pattern=PLAIN, description="what is predicted")]
Decision = Annotated[Literal["noon", "tip"] | None, Query(description="of which decision; none: each game's last one")]
Model = Annotated[
    str | None, Query(max_length=LONGEST, pattern=PLAIN, description="a model of the newest 30 dates; none: the champion")
]
Formed = Annotated[Form, Query(alias="format", description="json, or csv with the rows alone")]
Line = Annotated[float | None, Query(ge=0, le=300, description="a line, whose chances are added")]

_OF_SLATES = [SERVED_SLATES.by_name[name] for name in (*ROW_KEY, *OF_PLAYER)]
Prediction = row_model("Prediction", [*_OF_SLATES, *(SERVED_PREDICTIONS.by_name[name] for name in OF_PREDICTION)])
Out = row_model("Out", [SERVED_SLATES.by_name[name] for name in OUT])


class Slate(BaseModel):
    """The predictions of a date, and who is reported out."""

    game_date: date
    market: str
    decision: Literal["noon", "tip", "last"]
    model: str
    predictions: list[Prediction]  # pyright: ignore[reportInvalidTypeForm] (made of contracts)
    out: list[Out]  # pyright: ignore[reportInvalidTypeForm] (as above)


TAGGED: dict[int | str, dict[str, Any]] = {304: {"description": "nothing has changed since the tag that was sent"}}
SHAPED = TAGGED | {200: {"content": {"text/csv": {}}}}


class UsageAsked(BaseModel):
    """Who is asked about, and who is out."""

    model_config = {"extra": "forbid"}

    player: Text = Field(examples=["Trae Young"])
    out: list[Text] = Field(default=[], max_length=MOST_OUT)
    team: Text | None = Field(None, description="of which team; none: the newest")
    model_version: Text | None = Field(None, description="none: the promoted one")


def build_app(settings: Settings, environment: Mapping[str, str] | None = None) -> FastAPI:
    """Return the service of a home, or of a database by URL.

    Args:
        settings: of the home.
        environment: variables, of which some put a model's file in the place of the registry's.
    """
    database = Database(settings.usage_database_url)
    artifacts = FileArtifacts(settings.artifacts_url or str(settings.home / "artifacts"))
    models = Models(database, artifacts, paths_of(environment or {}))
    service, meters = Service(database, artifacts, models), Meters()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await refreshed(service)
        watching = create_task(watch(service))
        yield
        watching.cancel()
        database.close()

    app = FastAPI(title=NAME, version=VERSION, lifespan=lifespan, responses=PROBLEMS, docs_url=None, redoc_url=None)
    problems.install(app)
    _watched(app, service, meters)
    _slates(app, service)
    _models(app, service)
    _lineups(app, service)
    inbox = Inbox(database, settings.dead_letter_topic)
    predicting.install(app, service, inbox)
    sitting.install(app, service)
    coordinating.install(app, Coordinator(database, Runs(settings.dagster_url)), inbox)
    page.install(app, service, VERSION)
    _usage(app, database)
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_ZIPPED)
    app.add_middleware(Kept, state=service.generation)
    limits = {
        "keys": settings.serve_keys,
        "rate": settings.serve_rate,
        "largest": settings.serve_largest,
        "tokens": _tokens(settings),
    }
    app.add_middleware(Conventions, meters=meters, **limits)
    _let_browsers(app, settings.serve_origins)
    return app


def _let_browsers(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of other sites ask."""
    if origins:
        # Outermost: a browser asks first, without a key, and must be able to read a refusal.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["X-API-Key", "If-None-Match", "X-Request-ID"],
            expose_headers=["ETag", "Retry-After", "X-Request-ID"],
        )


def _tokens(settings: Settings) -> Tokens | None:
    if settings.push_audience is None or settings.push_account is None:
        return None
    return Tokens(settings.push_audience, settings.push_account, settings.push_keys_url)


def _watched(app: FastAPI, service: Service, meters: Meters) -> None:
    """What whoever watches the service asks."""

    @app.get("/", summary="what serves: every enabled model, loaded or why not")
    def root() -> dict[str, Any]:
        about = {"service": NAME, "version": VERSION, "status": "ready" if not _missing(service) else "not ready"}
        return about | {"systems": {name: system.shown() for name, system in service.models.systems.items()}}

    @app.get("/health", summary="whether the process answers")
    @app.get("/health/live", summary="whether the process answers")
    @app.get("/v2/health/live", summary="whether the process answers")
    def health() -> dict[str, str]:
        return {"status": "healthy"}

    @app.get("/ready", summary="whether slates can be answered, and what is missing")
    @app.get("/v2/health/ready", summary="whether slates can be answered, and what is missing")
    def ready(response: Response) -> dict[str, Any]:
        missing = _missing(service)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
        lacking = service.what_ifs.reason
        return {"status": "not ready" if missing else "ready", "missing": missing, "degraded": [lacking] if lacking else []}

    @app.get("/metrics", summary="counts and durations for Prometheus", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)


def _missing(service: Service) -> list[str]:
    try:
        return service.missing()
    except DatabaseError:
        return ["the database does not answer"]


def _slates(app: FastAPI, service: Service) -> None:
    """Slates and players."""
    bodies = Bodies(VERSION)

    @app.get("/predictions/{day}", summary="the predictions of a date", response_model=Slate, responses=SHAPED)
    def predictions(
        request: Request,
        day: Day,
        market: Market = DEFAULT_MARKET,
        decision: Decision = None,
        model: Model = None,
        form: Formed = "json",
    ) -> Response:
        slate = partial(service.slate, day, market, decision, model)
        return bodies.answer(request, form, lambda: service.version(day), slate, "predictions")

    @app.get(
        "/players/{who}", summary="a player's expected box score, and what was predicted of the last games", responses=SHAPED
    )
    def about(request: Request, who: Who, market: Market = DEFAULT_MARKET, form: Formed = "json") -> Response:
        found = service.player(who)
        about_player = partial(service.about, found, market)
        return bodies.answer(request, form, lambda: reading.state(service.database) or "", about_player, "games")

    @app.get("/players/{who}/distribution", summary="quantiles of the newest prediction, and the chances of a line")
    def distribution(who: Who, market: Market = DEFAULT_MARKET, line: Line = None) -> Response:
        return Response(as_json(service.distribution(service.player(who), market, line)), media_type=MEDIA["json"])


def _lineups(app: FastAPI, service: Service) -> None:
    """Lineups, as played and as expected."""
    bodies = Bodies(VERSION)

    @app.get(
        "/lineups/{team}",
        summary="a team's lineups of the newest season: net rating as played and as expected",
        responses=SHAPED,
    )
    def lineups(request: Request, team: Short, form: Formed = "json") -> Response:
        def version_() -> str:
            found = reading.document(service.database, "lineups")
            return found[0] if found else "none"

        return bodies.answer(request, form, version_, lambda: service.lineups(team), "lineups")


def _models(app: FastAPI, service: Service) -> None:
    """Models, and how good they were."""

    @app.get("/v2/models/{model_id}", summary="what a model takes and gives (Open Inference Protocol)")
    def model_metadata(model_id: ModelId) -> dict[str, Any]:
        return service.metadata(model_id)

    @app.get("/v2/models/{model_id}/ready", summary="whether a model is loaded")
    def model_ready(model_id: ModelId, response: Response) -> dict[str, Any]:
        system = service.system(model_id)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE if system.reason else HTTPStatus.OK
        return {"name": model_id, "ready": not system.reason}

    @app.get("/models/leaderboard", summary="all models by market and decision, with intervals and dates", responses=TAGGED)
    def leaderboard(request: Request) -> Response:
        version_, body = reading.document(service.database, "leaderboard") or ("none", "[]")
        tag = f'"{version_}.{VERSION}"'
        return unchanged(request, tag) or Response(body, media_type=MEDIA["json"], headers=tagged(tag))


def _usage(app: FastAPI, database: Database) -> None:
    """What a player uses of the team's plays when teammates are out."""

    @app.get("/usage/{player}", summary="a player's baseline, and what each teammate's absence adds")
    def coefficients(
        player: Annotated[str, Path(max_length=LONGEST, pattern=PLAIN)],
        team: Annotated[str | None, Query(max_length=LONGEST, pattern=PLAIN)] = None,
        model_version: Annotated[str | None, Query(max_length=LONGEST, pattern=PLAIN)] = None,
    ) -> Mapping[str, Any]:
        return get_player_coefficients(player, model_version, team=team, database=database)

    @app.post("/usage/predict", summary="a player's usage percentage when some teammates are out")
    def predict(asked: UsageAsked) -> Mapping[str, Any]:
        found = predict_usage(asked.player, asked.out, asked.model_version, team=asked.team, database=database)
        parts: Sequence[str] = ("player_name", "model_version", "baseline_usage", "deltas")
        return {"usage_percentage": float(found), **{name: getattr(found, name) for name in parts}}
