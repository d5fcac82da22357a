"""Which build made a report is read from the host's own variables."""

from collections.abc import Mapping

import pytest
from rundiff.ci import detect_build


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            {"GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": "feature", "GITHUB_REF_NAME": "7/merge",
             "GITHUB_SHA": "abc", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_RUN_ID": "9",
             "GITHUB_SERVER_URL": "https://host.example", "GITHUB_REPOSITORY": "a/b"},
            ("GitHub Actions", "feature", "abc", "7", "https://host.example/a/b/actions/runs/9"),
        ),
        (
            {"GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main",
             "GITHUB_REF": "refs/heads/pull/3"},
            ("GitHub Actions", "main", "", "", ""),
        ),
        (
            {"GITLAB_CI": "true", "CI_COMMIT_REF_NAME": "x", "CI_COMMIT_SHA": "c",
             "CI_MERGE_REQUEST_IID": "5", "CI_JOB_URL": "https://host.example/j"},
            ("GitLab CI", "x", "c", "5", "https://host.example/j"),
        ),
        (
            {"JENKINS_URL": "https://j.example", "CHANGE_BRANCH": "x", "GIT_COMMIT": "c",
             "CHANGE_ID": "5", "BUILD_URL": "https://j.example/1"},
            ("Jenkins", "x", "c", "5", "https://j.example/1"),
        ),
        (
            {"BUILDKITE": "true", "BUILDKITE_BRANCH": "x", "BUILDKITE_PULL_REQUEST": "false"},
            ("Buildkite", "x", "", "", ""),
        ),
    ],
)  # fmt: skip
def test_the_build_is_known(environment: Mapping[str, str], expected: tuple[str, ...]) -> None:
    build = detect_build(environment)
    assert build is not None
    found = (build.host, build.branch, build.commit, build.change, build.run_url)
    assert found == expected


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}, {"TF_BUILD": "False"}])
def test_outside_a_build_there_is_none(environment: Mapping[str, str]) -> None:
    assert detect_build(environment) is None
