"""Runs of Dagster, asked for by its web server's GraphQL over plain HTTP: the service knows no Dagster."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, NamedTuple

import requests

from nba_assets.errors import NbaAssetsError

JOB = "predict"
PARTITION = "dagster/partition"
# As a schedule's run: it does not queue behind a backfill.
TAGS = {"nba_assets/urgent": "true", "dagster/priority": "10"}
UNFINISHED = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED")
SECONDS = 5

WHERE = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } jobs { name } } } } }"
FOUND = """query ($filter: RunsFilter!) { runsOrError(filter: $filter, limit: 1) {
  __typename ... on Runs { results { runId status } } ... on Error { message } } }"""
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId status } } ... on Error { message } } }"""


class RunsError(NbaAssetsError):
    """Dagster does not answer, or does not take a run."""


class DagsterRun(NamedTuple):
    """A run, and what Dagster says of it: QUEUED, STARTED, SUCCESS, FAILURE, CANCELED and the like."""

    run_id: str
    status: str


class Runs:
    """Runs of the job that predicts a date.

    Args:
        url: of Dagster's web server, as 'http://127.0.0.1:3000'.
    """

    def __init__(self, url: str) -> None:
        """Ask nothing yet."""
        self._url = url.rstrip("/")

    def unfinished(self, day: date) -> DagsterRun | None:
        """Return a run that predicts the date, from wherever it was started, and has not ended. Raises RunsError."""
        tags = [{"key": PARTITION, "value": day.isoformat()}]
        return self._found({"pipelineName": JOB, "statuses": list(UNFINISHED), "tags": tags})

    def of(self, run_id: str) -> DagsterRun | None:
        """Return a run by its id; None: Dagster has it no more. Raises RunsError."""
        return self._found({"runIds": [run_id]})

    def launch(self, day: date, job: Mapping[str, str]) -> DagsterRun:
        """Start the job of the schedule on a date, for both decisions.

        Args:
            day: of the games.
            job: where it is loaded, as `job` says.

        Raises:
            RunsError: Dagster does not answer, or does not take the run.
        """
        tags = [{"key": key, "value": value} for key, value in {**TAGS, PARTITION: day.isoformat()}.items()]
        params = {"selector": job, "runConfigData": "{}", "executionMetadata": {"tags": tags}}
        answer = self._asked(LAUNCH, {"params": params})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            raise RunsError(f"it does not start the job {JOB}: {answer.get('message', answer)}", source=self._source, date=day)
        return DagsterRun(answer["run"]["runId"], answer["run"]["status"])

    def _found(self, chosen: dict[str, Any]) -> DagsterRun | None:
        answer = self._asked(FOUND, {"filter": chosen})["runsOrError"]
        if answer["__typename"] != "Runs":
            raise RunsError(f"it does not find runs: {answer.get('message', answer)}", source=self._source)
        return next((DagsterRun(each["runId"], each["status"]) for each in answer["results"]), None)

    def job(self) -> dict[str, str]:
        """Return where the job is loaded. Raises RunsError."""
        for repository in self._asked(WHERE, {})["repositoriesOrError"].get("nodes", ()):
            if any(job["name"] == JOB for job in repository["jobs"]):
                location = repository["location"]["name"]
                return {"repositoryLocationName": location, "repositoryName": repository["name"], "jobName": JOB}
        raise RunsError(f"it has loaded no job {JOB}; its Deployment page says why", source=self._source)

    def _asked(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = requests.post(f"{self._url}/graphql", json={"query": query, "variables": variables}, timeout=SECONDS)
            body = answer.json()
        except (requests.RequestException, ValueError) as error:
            remedy = "`nba-assets dev` starts it; NBA_ASSETS_DAGSTER_URL says where it is"
            raise RunsError(f"it does not answer: {error}", source=self._source, remedy=remedy) from error
        if answer.status_code != HTTPStatus.OK or body.get("errors") or not body.get("data"):
            raise RunsError(f"it answers {answer.status_code}: {body.get('errors', body)}", source=self._source)
        return body["data"]

    @property
    def _source(self) -> str:
        return f"Dagster at {self._url}"
