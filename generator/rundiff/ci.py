"""Which build is running: branch, commit, change number and address, from the host's variables.

Each host documents its own names; the first host whose marking variable is set is taken. Everything
read here is text from outside (a branch may be called anything), and is shown as such. Nothing of
it decides anything, so a forged variable forges a label, not a verdict.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.frozen import dataclass
from rundiff.judgement import BuildContext

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 500
_PULL_REF = re.compile(r"refs/pull/([0-9]+)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Host:
    """The variables of one host; of several the first that is set counts."""

    marker: str
    name: str
    branch: tuple[str, ...]
    commit: tuple[str, ...]
    change: tuple[str, ...]
    run_url: tuple[str, ...]


_HOSTS = (
    _Host(
        marker="GITHUB_ACTIONS",
        name="GitHub Actions",
        branch=("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
        commit=("GITHUB_SHA",),
        change=(),
        run_url=(),
    ),
    _Host(
        marker="GITLAB_CI",
        name="GitLab CI",
        branch=("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"),
        commit=("CI_COMMIT_SHA",),
        change=("CI_MERGE_REQUEST_IID",),
        run_url=("CI_JOB_URL", "CI_PIPELINE_URL"),
    ),
    _Host(
        marker="JENKINS_URL",
        name="Jenkins",
        branch=("CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"),
        commit=("GIT_COMMIT",),
        change=("CHANGE_ID",),
        run_url=("BUILD_URL",),
    ),
    _Host(
        marker="TF_BUILD",
        name="Azure Pipelines",
        branch=("SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME"),
        commit=("BUILD_SOURCEVERSION",),
        change=("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",),
        run_url=(),
    ),
    _Host(
        marker="BITBUCKET_BUILD_NUMBER",
        name="Bitbucket Pipelines",
        branch=("BITBUCKET_BRANCH",),
        commit=("BITBUCKET_COMMIT",),
        change=("BITBUCKET_PR_ID",),
        run_url=(),
    ),
    _Host(
        marker="CIRCLECI",
        name="CircleCI",
        branch=("CIRCLE_BRANCH",),
        commit=("CIRCLE_SHA1",),
        change=("CIRCLE_PR_NUMBER",),
        run_url=("CIRCLE_BUILD_URL",),
    ),
    _Host(
        marker="BUILDKITE",
        name="Buildkite",
        branch=("BUILDKITE_BRANCH",),
        commit=("BUILDKITE_COMMIT",),
        change=("BUILDKITE_PULL_REQUEST",),
        run_url=("BUILDKITE_BUILD_URL",),
    ),
)


def detect_build(environment: Mapping[str, str]) -> BuildContext | None:
    """Return the build that is running, or None outside one."""
    for host in _HOSTS:
        if environment.get(host.marker, "").lower() in ("", "false"):
            continue
        change = _first(environment, host.change)
        run_url = _first(environment, host.run_url)
        if host.marker == "GITHUB_ACTIONS":
            pull = _PULL_REF.match(environment.get("GITHUB_REF", ""))
            change = pull[1] if pull else ""
            run_url = _github_url(environment)
        return BuildContext(
            host=host.name,
            branch=_first(environment, host.branch),
            commit=_first(environment, host.commit),
            change="" if change == "false" else change,
            run_url=run_url,
        )
    return None


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    found = (environment.get(name, "") for name in names)
    return next((text[:_LONGEST] for text in found if text), "")


def _github_url(environment: Mapping[str, str]) -> str:
    parts = [environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY")]
    number = environment.get("GITHUB_RUN_ID", "")
    return (
        f"{parts[0]}/{parts[1]}/actions/runs/{number}"[:_LONGEST] if all((*parts, number)) else ""
    )
