"""Settings: what a home folder remembers; the environment (NBA_ASSETS_…) and the command line override it."""

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, JsonConfigSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from nba_assets.errors import NbaAssetsError

DEFAULT_HOME = ".nba_assets"
HASH_DIGITS = 64
SETTINGS_FILE = "settings.json"
REMEMBERED = {
    *("source", "archive_path", "archive_noon", "seed", "first_season", "seasons", "cutoff_cron", "usage_cron"),
    *("live_from", "lines_source", "injuries_source", "injuries_folder", "odds_markets", "odds_regions", "odds_past"),
}


class Settings(BaseSettings):
    """What a deployment is made of. Everything has a default: a laptop needs none of them."""

    model_config = SettingsConfigDict(env_prefix="NBA_ASSETS_", extra="forbid")

    home: Path = Field(description="the folder that holds all state")
    source: Literal["simulated", "archive", "nba_stats"] = Field("simulated", description="where games come from")
    lines_source: Literal["games", "odds"] = Field(
        "games", description="where lines come from: the games' source, The Odds API"
    )
    injuries_source: Literal["games", "report", "drop"] = Field(
        "games", description="where injuries come from: the games' source, the official report, or CSV files in injuries_folder"
    )
    live_from: date | None = Field(None, description="first date of nba_stats; earlier facts are those of archive_path")
    archive_path: Path | None = Field(None, description="folder of the archive source")
    archive_noon: Literal["questionable", "told"] = Field(
        "questionable",
        description="who missed the last game is questionable at noon, or (look-ahead, for comparison) known to play or not",
    )
    seed: int = Field(7, description="seed of the simulated league")
    first_season: int = Field(2022, description="start year of the first simulated season")
    seasons: int = Field(2, description="number of simulated seasons")
    injuries_folder: Path | None = Field(None, description="folder of CSV files [injuries/ of the home]")
    odds_key: SecretStr | None = Field(None, description="your key of The Odds API")
    odds_markets: tuple[str, ...] = Field(("player_points", "player_points_rebounds_assists"), description="lines on players")
    odds_regions: tuple[str, ...] = Field(("us",), description="regions of bookmakers")
    odds_reserve: int = Field(50, ge=0, description="credits that are never spent")
    odds_past: Literal["none", "games", "all"] = Field("none", description="which lines of the past are bought, at ten times")
    proxy: SecretStr | None = Field(None, description="URL of a proxy for all sites")
    sites: dict[str, str] = Field({}, description="addresses in place of the real ones: stats, live, odds, injuries")
    request_spacing: tuple[float, float] = Field((0.6, 1.0), description="least and most seconds between requests to one site")
    raw_url: str | None = Field(None, description="folder or gs:// URL of raw responses [raw/ of the home]")
    cutoff_cron: str = Field("0 0 1 1,10 *", description="when bundles are trained; New York time")
    rates_calibration: float = Field(0.08, gt=0, lt=0.5, description="share of game dates that calibrates a run of rates")
    rates_validation: float = Field(0.08, gt=0, lt=0.5, description="share of game dates after it that validates the run")
    promotion: Literal["propose", "promote"] = Field("propose", description="what is done with a better challenger")
    exposure: float = Field(0.10, gt=0, le=1, description="most of a bankroll that a model's bets of one night stake together")
    usage_cron: str = Field("0 0 1 * *", description="cutoffs of usage coefficients in a backfill; New York time")
    usage_refresh_cron: str = Field("0 4 * * *", description="when usage coefficients are refreshed in season; New York time")
    database_url: SecretStr | None = Field(None, description="Postgres or SQLite for what websites read [usage.db of the home]")
    artifacts_url: str | None = Field(None, description="folder or gs:// URL of bundles and models [artifacts/ of the home]")
    serve_keys: tuple[str, ...] = Field((), description="SHA-256 of the keys that the service lets in [everybody]")
    serve_origins: tuple[str, ...] = Field((), description="web sites whose pages may ask the service, as https://example.org")
    serve_rate: str | None = Field(None, description="how often a key or address may ask, as 300/minute")
    serve_largest: int = Field(2**20, gt=0, description="bytes that a request's body may have")
    dagster_url: str = Field("http://127.0.0.1:3000", description="Dagster's web server, which the service asks for runs")
    push_audience: str | None = Field(None, description="audience of push subscriptions' tokens [none is needed]")
    push_account: str | None = Field(None, description="e-mail of the service account that they push as")
    push_keys_url: str = Field("https://www.googleapis.com/oauth2/v1/certs", description="keys that tokens are signed with")
    ready_topic: str | None = Field(None, description="topic that is told of a slate: projects/mine/topics/ready")
    dead_letter_topic: str | None = Field(None, description="topic of messages that made no sense to the service")
    alert_url: SecretStr | None = Field(None, description="webhook that is posted to when a run fails")
    lock_timeout: float = Field(30.0, description="seconds to wait for a warehouse or home that another process holds")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the base class hands them over)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (as above)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: command line, environment, the home's file."""
        file = Path(init_settings()["home"]) / SETTINGS_FILE
        return init_settings, env_settings, JsonConfigSettingsSource(settings_cls, json_file=file)

    @field_validator("archive_path", "injuries_folder")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.resolve() if path else None

    @field_validator("serve_keys")
    @classmethod
    def _hashes(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) != HASH_DIGITS or set(key.lower()) - set("0123456789abcdef") for key in keys):
            raise ValueError("a SHA-256 has 64 hexadecimal digits; `printf %s KEY | sha256sum` prints that of a key")
        return keys

    @model_validator(mode="after")
    def _audience_and_account(self) -> "Settings":
        if (self.push_audience is None) != (self.push_account is None):
            raise ValueError("push_audience and push_account belong together: of an audience alone anybody can have a token")
        return self

    @field_validator("ready_topic", "dead_letter_topic")
    @classmethod
    def _topics(cls, topic: str | None) -> str | None:
        if topic is not None and not re.fullmatch(r"projects/[^/]+/topics/[^/]+", topic):
            raise ValueError(f"{topic!r} is no topic, as projects/mine/topics/ready")
        return topic

    @field_validator("serve_rate")
    @classmethod
    def _rate(cls, rate: str | None) -> str | None:
        if rate is not None:
            from limits import parse

            parse(rate)
        return rate

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file."""
        return self.home / "warehouse.duckdb"

    @property
    def is_live(self) -> bool:
        """Whether sites are asked."""
        return self.source == "nba_stats" or self.lines_source != "games" or self.injuries_source != "games"

    @property
    def usage_database_url(self) -> str:
        """The database of usage coefficients."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.home / 'usage.db'}"

    def save(self) -> None:
        """Store in the home folder what its data is made of, so that later commands and the UI use the same."""
        self.home.mkdir(parents=True, exist_ok=True)
        temporary = self.home / f".{SETTINGS_FILE}"
        temporary.write_text(self.model_dump_json(include=REMEMBERED, indent=2) + "\n")
        temporary.replace(self.home / SETTINGS_FILE)


class SettingsError(NbaAssetsError):
    """Settings that cannot be used."""


def load_settings(home: Path | None = None, **chosen: Any) -> Settings:
    """Return the settings of a home folder (default: NBA_ASSETS_HOME, else `.nba_assets`).

    Raises:
        SettingsError: a value that is not possible, or a settings file that is not valid JSON.
    """
    where = (home or Path(os.environ.get("NBA_ASSETS_HOME", DEFAULT_HOME))).resolve()
    try:
        return Settings(home=where, **{name: value for name, value in chosen.items() if value is not None})
    except ValueError as error:
        raise SettingsError(str(error), source=f"settings of {where} ({SETTINGS_FILE}, NBA_ASSETS_…, options)") from error


def remembered(home: Path) -> dict[str, Any]:
    """Return what a home remembers about its data; empty for a new home."""
    file = home / SETTINGS_FILE
    return json.loads(file.read_text()) if file.exists() else {}
