"""Requests of what would be if some players sat: `/what-if`."""

from datetime import date
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from nba_assets.serving.service import Service
from nba_assets.serving.shapes import Text

MOST_OUT = 30


class Absences(BaseModel):
    """Who sits, by NBA.com's id or by name in any spelling."""

    model_config = {"extra": "forbid"}

    out: list[Text] = Field(min_length=1, max_length=MOST_OUT, examples=[["Nikola Jokic"]])


class Changed(BaseModel):
    """A player of a game concerned: as known, and (_if) as it would be; given that the player plays."""

    game_id: str
    player_id: int
    decision: str
    player_name: str
    team: str
    minutes_mean: float | None
    minutes_p10: float | None
    minutes_p90: float | None
    play_prob: float | None
    predicted: float | None
    p10: float | None
    p90: float | None
    minutes_mean_if: float | None
    minutes_p10_if: float | None
    minutes_p90_if: float | None
    play_prob_if: float | None
    predicted_if: float | None
    p10_if: float | None
    p90_if: float | None


class WhatIf(BaseModel):
    """Tonight's slate as it would be predicted."""

    game_date: date
    model: str = Field(description="the champion that has predicted the slate's points")
    cutoff: date | None = Field(description="of its training; null: it is one file or a table")
    minutes_cutoff: date | None = Field(description="of the training of what predicts minutes; null: nothing does")
    out: list[str] = Field(description="who sits")
    players: list[Changed]


def install(app: FastAPI, service: Service) -> None:
    """Let an application answer them."""

    @app.post(
        "/what-if",
        summary="minutes and points of tonight's slate if some players sat",
        response_model=WhatIf,
    )
    def what_if(asked: Absences) -> Any:
        players = [service.player(name) for name in asked.out]
        found = service.what_ifs.without(player.player_id for player in players)
        return {**found, "out": [player.player_name for player in players]}
