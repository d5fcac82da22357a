"""action.yml: safe by its text, and run step by step against an API on this machine."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import rundiff
import yaml

GATES = 'version = 1\n[metrics.accuracy]\ndirection = "higher"\nmust = "not-worse"\n'
REPOSITORY = "team/models"
BOT = "github-actions[bot]"
SHA = "a" * 40


@pytest.fixture(scope="module")
def action(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((repository / "action.yml").read_text())
    return found


def workflows(repository: Path) -> list[Path]:
    return [repository / "action.yml", *sorted((repository / "docs" / "ci").glob("github*.yml"))]


def test_the_action_keeps_to_the_schema_of_composite_actions(action: dict[str, Any]) -> None:
    assert action.keys() == {"name", "description", "author", "branding", "inputs", "outputs",
                             "runs"}  # fmt: skip
    assert action["runs"].keys() == {"using", "steps"}
    assert action["runs"]["using"] == "composite"
    for name, described in {**action["inputs"], **action["outputs"]}.items():
        assert re.fullmatch(r"[a-z][a-z-]*", name)
        assert described["description"].endswith((".", ")"))
        assert described.keys() <= {"description", "required", "default", "value"}
    wanted = {"sources", "baseline", "gates", "title", "comment", "fail-on", "artifact-name"}
    assert wanted <= action["inputs"].keys()
    assert {"verdict", "report-path"} <= action["outputs"].keys()
    for step in action["runs"]["steps"]:
        assert ("run" in step) != ("uses" in step)
        assert "run" not in step or step["shell"] == "bash"


def test_no_script_holds_an_expression(repository: Path) -> None:
    """What a branch or an input is called must reach a shell as a value, never as text."""
    for file in workflows(repository):
        for step in steps_of(yaml.safe_load(file.read_text())):
            assert "${{" not in step.get("run", ""), file.name
            assert "github-script" not in step.get("uses", "")


def steps_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "runs" in document:
        yield from document["runs"]["steps"]
    for job in document.get("jobs", {}).values():
        yield from job["steps"]


def test_every_input_is_used(action: dict[str, Any]) -> None:
    text = json.dumps(action["runs"])
    assert [name for name in action["inputs"] if f"inputs.{name}" not in text] == []


def test_what_the_action_itself_uses_is_pinned(action: dict[str, Any]) -> None:
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", one) for one in used)


def test_the_workflows_ask_for_as_little_as_they_need(repository: Path) -> None:
    for file in workflows(repository)[1:]:
        document = yaml.safe_load(file.read_text())
        triggers = document[True]  # YAML 1.1 reads `on` as true
        assert "pull_request_target" not in triggers
        assert document["permissions"] == {}
        (job,) = document["jobs"].values()
        is_training_a_fork = file.name == "github-fork-train.yml"
        assert ("pull-requests" in job["permissions"]) != is_training_a_fork
        if "workflow_run" in triggers:
            refs = [s.get("with", {}).get("ref") for s in job["steps"]]
            assert refs == [None] * len(refs)  # nothing of the pull request is checked out


def test_no_workflow_fetches_with_credentials_that_it_gave_up(repository: Path) -> None:
    """A private repository answers no ``git fetch`` after ``persist-credentials: false``."""
    for file in workflows(repository)[1:]:
        steps = next(iter(yaml.safe_load(file.read_text())["jobs"].values()))["steps"]
        assert not [step for step in steps if "git fetch" in step.get("run", "")]


@dataclass
class Api:
    """A pull request's comments, as the API gives and takes them."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    status: int = 200
    failures: int = 0  # so many calls fail first, as a busy server does
    pulls: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, object]:
        self.calls.append(f"{method} {path}")
        if self.failures:
            self.failures -= 1
            return 502, {}
        if self.status != 200:
            return self.status, {"message": "Resource not accessible by integration"}
        if method == "GET" and "/commits/" in path:
            return 200, []  # of a fork's commit the host knows no pull request
        if method == "GET":
            page = int(re.findall(r"page=(\d+)", path)[-1])
            listed = self.pulls if "/pulls?state=open&" in path else self.comments
            return 200, listed[(page - 1) * 100 : page * 100]
        if method == "POST":
            self.add(body["body"], BOT)
            return 201, self.comments[-1]
        number = int(path.rsplit("/", 1)[1])
        comment = next(one for one in self.comments if one["id"] == number)
        comment["body"] = body["body"].replace("\n", "\r\n")  # as the host gives it back
        return 200, comment

    def add(self, body: str, author: str) -> None:
        self.comments.append(
            {"id": len(self.comments) + 1, "body": body, "user": {"login": author}}
        )


@pytest.fixture
def api() -> Iterator[Api]:
    state = Api()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            assert self.headers["Authorization"] == "Bearer secret-token"
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else {}
            code, found = state.answer(self.command, self.path, body)
            data = json.dumps(found).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 - the base class's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


class Ran(NamedTuple):
    """What the action's steps left behind."""

    code: int
    outputs: dict[str, str]
    log: str
    job_summary: str


@dataclass
class Runner:
    """Runs the action's shell steps in a fake GitHub environment."""

    action: dict[str, Any]
    repository: Path
    folder: Path
    api: Api

    def __post_init__(self) -> None:
        virtual = self.folder / "temp" / "rundiff-venv" / "bin"
        virtual.mkdir(parents=True)
        for name in ("python", "rundiff"):
            # A script, not a link: Python finds its environment by the place it is started from.
            script = virtual / name
            script.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).parent / name}" "$@"\n')
            script.chmod(0o755)
        event = {"pull_request": {"number": 7}}
        (self.folder / "event.json").write_text(json.dumps(event))

    def run(self, **inputs: str) -> Ran:
        """Run every step that is a script but the installation, which the wheel's test covers."""
        values = self._inputs(inputs)
        outputs: dict[str, str] = {"artifact-url": "https://host.example/report"}
        log, code = "", 0
        for step in self.action["runs"]["steps"]:
            is_wanted = "comment" not in str(step.get("if", "")) or values["comment"] == "true"
            if "run" in step and step["name"] != "Install rundiff" and is_wanted:
                done = self._step(step, values, outputs)
                log += done.stdout + done.stderr
                code = done.returncode
            if code:
                break
        summary = self.folder / "job-summary.md"
        return Ran(code, outputs, log, summary.read_text() if summary.exists() else "")

    def step(self, name: str, outputs: dict[str, str], **inputs: str) -> Ran:
        """Run one step, given what the steps before it put out."""
        (step,) = (one for one in self.action["runs"]["steps"] if one["name"] == name)
        done = self._step(step, self._inputs(inputs), outputs)
        return Ran(done.returncode, outputs, done.stdout + done.stderr, "")

    def comment(self, key: str = "report", **inputs: str) -> Ran:
        """Run the step that comments, with a summary as the step before it writes one."""
        summary = self.folder / "summary.md"
        summary.write_text(f"<!-- rundiff:{key} -->\n**✅ Passed**: 1 gate passed\n\nmore\n")
        outputs = {"summary-path": str(summary), "artifact-url": "https://host.example/report"}
        return self.step("Comment", outputs, **inputs)

    def _inputs(self, given: dict[str, str]) -> dict[str, str]:
        values = {name: str(one.get("default", "")) for name, one in self.action["inputs"].items()}
        return (
            values | {"token": "secret-token"} | {k.replace("_", "-"): v for k, v in given.items()}
        )

    def _step(
        self, step: dict[str, Any], inputs: dict[str, str], outputs: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        written = self.folder / "output"
        written.write_text("")
        environment = {
            **os.environ,
            "GITHUB_ACTION_PATH": str(self.repository),
            "GITHUB_OUTPUT": str(written),
            "GITHUB_STEP_SUMMARY": str(self.folder / "job-summary.md"),
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_API_URL": self.api.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "RUNNER_TEMP": str(self.folder / "temp"),
        }
        for name, expression in step.get("env", {}).items():
            environment[name] = self._value(expression, inputs, outputs)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env=environment, cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        outputs |= dict(line.split("=", 1) for line in written.read_text().splitlines())
        return done

    @staticmethod
    def _value(expression: str, inputs: dict[str, str], outputs: dict[str, str]) -> str:
        match = re.fullmatch(r"\$\{\{ (?:inputs|steps\.\w+\.outputs)\.([\w-]+) \}\}", expression)
        assert match, expression
        return (inputs if "inputs" in expression else outputs)[match[1]]


@pytest.fixture
def runner(action: dict[str, Any], repository: Path, tmp_path: Path, api: Api) -> Runner:
    return Runner(action, repository, tmp_path, api)


def record(runner: Runner, accuracy: float, name: str = "candidate") -> None:
    """Log a baseline and a candidate, as a step before would have done."""
    runs = [
        {"run_id": "one", "name": "base", "params": {"lr": 1}, "metrics": {"accuracy": 0.9}},
        {"run_id": "two", "name": name, "params": {"lr": 2}, "metrics": {"accuracy": accuracy}},
    ]
    (runner.folder / "runs.json").write_text(json.dumps({"runs": runs}))
    (runner.folder / "gates.toml").write_text(GATES)


def test_one_comment_is_written_then_updated(runner: Runner) -> None:
    record(runner, 0.8)
    runner.api.add("<!-- rundiff:rundiff-report -->\nnot by us", "mallory")
    runner.api.add("something else <!-- rundiff:rundiff-report -->", BOT)
    worse = runner.run(sources="runs.json", gates="gates.toml", baseline="base")
    assert worse.code == 3
    assert worse.outputs["verdict"] == "failed"
    assert len(runner.api.comments) == 3
    body = runner.api.comments[2]["body"]
    assert body.startswith("<!-- rundiff:rundiff-report -->\n**❌ Failed**: 1 of 1 gate failed")
    assert "\n[Open the report](https://host.example/report)\n" in body
    assert '::error title=accuracy%3A must = "not-worse"::candidate: One number' in worse.log
    assert "**❌ Failed**" in worse.job_summary
    assert Path(worse.outputs["report-path"]).read_bytes().startswith(b"<!doctype html>")

    record(runner, 0.95)
    better = runner.run(sources="runs.json", gates="gates.toml", baseline="base")
    assert (better.code, better.outputs["verdict"]) == (0, "passed")
    assert len(runner.api.comments) == 3
    assert "**✅ Passed**" in runner.api.comments[2]["body"]
    assert runner.api.comments[0]["body"].endswith("not by us")
    again = runner.run(sources="runs.json", gates="gates.toml", baseline="base")
    assert again.code == 0
    assert len(runner.api.comments) == 3


def test_a_comment_on_the_second_page_is_found(runner: Runner) -> None:
    for _ in range(130):
        runner.api.add("talk", "somebody")
    runner.comment()
    runner.comment()
    assert len(runner.api.comments) == 131


def test_comments_of_nobody_are_passed_over(runner: Runner) -> None:
    runner.api.comments += [
        {"id": 901, "body": "<!-- rundiff:report -->\n", "user": None},
        {"id": 902, "body": None, "user": {"login": BOT}},
    ]
    assert runner.comment().code == 0
    assert [comment["id"] for comment in runner.api.comments] == [901, 902, 3]


def test_two_reports_have_two_comments(runner: Runner) -> None:
    for key in ("small", "large", "small"):
        assert runner.comment(key).code == 0
    assert len(runner.api.comments) == 2


def test_the_marker_must_be_a_whole_line(runner: Runner) -> None:
    runner.comment("small-model")
    runner.comment("small")
    assert len(runner.api.comments) == 2


@pytest.mark.parametrize(
    ("fail_on", "verdict", "failed", "code"),
    [
        ("gate", "failed", "3", 3),
        ("gate", "worse", "0", 0),
        ("worse", "worse", "0", 3),
        ("worse", "mixed", "0", 3),
        ("worse", "better", "0", 0),
        ("never", "failed", "3", 0),
        ("sometimes", "passed", "0", 2),
    ],
)
def test_when_it_fails_is_chosen(
    runner: Runner, fail_on: str, verdict: str, failed: str, code: int
) -> None:
    outputs = {"code": failed, "verdict": verdict}
    assert runner.step("Decide", outputs, fail_on=fail_on).code == code


def test_without_comment_the_api_is_left_alone(runner: Runner) -> None:
    record(runner, 0.8)
    assert runner.run(sources="runs.json", baseline="base", comment="false").code == 0
    assert runner.api.calls == []


def test_a_token_that_may_only_read_is_no_failure(runner: Runner) -> None:
    runner.api.status = 403
    ran = runner.comment()
    assert ran.code == 0
    assert "may not comment here (HTTP 403)" in ran.log
    assert "secret-token" not in ran.log


def test_a_busy_server_is_asked_again(runner: Runner) -> None:
    runner.api.failures = 1
    runner.comment()
    assert len(runner.api.comments) == 1


def test_a_fork_is_found_by_its_commit(runner: Runner) -> None:
    here, elsewhere = ({"repo": {"full_name": name}} for name in (REPOSITORY, "x/y"))
    other = {"number": 2, "state": "open", "head": {"sha": "c" * 40}, "base": here}
    runner.api.pulls = [
        *([other] * 100),
        {"number": 3, "state": "closed", "head": {"sha": SHA}, "base": here},
        {"number": 4, "state": "open", "head": {"sha": "b" * 40}, "base": here},
        {"number": 5, "state": "open", "head": {"sha": SHA}, "base": elsewhere},
        {"number": 6, "state": "open", "head": {"sha": SHA}, "base": here},
    ]
    runner.comment(head_sha=SHA)
    assert f"POST /repos/{REPOSITORY}/issues/6/comments" in runner.api.calls
    assert runner.comment(head_sha="main").code == 1


def test_a_link_that_is_no_address_is_left_out(runner: Runner) -> None:
    outputs = {
        "summary-path": str(runner.folder / "summary.md"),
        "artifact-url": "https://x/) [a](b",
    }
    runner.comment()
    runner.step("Comment", outputs)
    assert "Open the report" not in runner.api.comments[0]["body"]


@pytest.mark.parametrize(
    "text", ["$(touch pwned)`touch pwned`", '"; touch pwned; "\ntouch pwned', "--gates=x"]
)
def test_values_stay_values(runner: Runner, text: str) -> None:
    record(runner, 0.95, name=text)
    ran = runner.run(sources="runs.json", title=text, baseline="base")
    assert ran.code == 0
    assert not list(runner.folder.rglob("pwned"))
    assert ran.outputs.keys() - {"artifact-url"} == {
        "verdict", "code", "report-path", "summary-path"}  # fmt: skip
    assert not [line for line in ran.log.splitlines() if line.lstrip().startswith("::")]
    strange = runner.run(sources=f"runs.json\n{text}", comment="false")
    assert strange.code == 1
    assert not list(runner.folder.rglob("pwned"))


COMMANDS = (
    "::error::x", "##[error]x", "x\n::error::x", "x\r::stop-commands::t", "\n::add-mask::e",
    "x\r\n##[set-env name=A]b", "x\x0b::error::x", "x\x0c::error::x", "x\x85::error::x",
    "x\u2028::error::x", " ::error::x", "\t::warning::x", "\x1b[2K::error::x", "%0A::error::x",
    "x\nverdict=passed\ncode=0", "<!-- rundiff:rundiff-report -->\n", "@octocat",
    "https://evil.example", "__proto__",
)  # fmt: skip


def test_a_hostile_store_does_not_command_the_runner(runner: Runner) -> None:
    """Names, keys, values and names of broken files: all that is said of them on the way."""
    for number, text in enumerate(COMMANDS):
        with rundiff.start_run(name=text, run_id=f"r{number}", store=runner.folder / "runs"):
            rundiff.log_params({f"{text} ": text, "lr": number})
            rundiff.log_metrics({"accuracy": 0.1, text: 1.0})
            rundiff.set_tag(text, text)
        broken = runner.folder / "runs" / "Default" / text.replace("/", "_")
        broken.mkdir()
        (broken / "run.json").write_text('{"run_uuid": "x", ')
        (broken / f"{broken.name}.csv").write_bytes(b"a,b\n\xff")
    (runner.folder / "gates.toml").write_text(f"{GATES}min = 0.95\n")
    ran = runner.run(sources="runs", gates="gates.toml", where="params.lr < 8")
    assert (ran.code, ran.outputs["verdict"], ran.outputs["code"]) == (3, "failed", "3")
    assert len(ran.outputs) == 5
    lines = [line.lstrip() for line in ran.log.splitlines()]
    assert any("run.json" in line for line in lines)
    assert "##[" not in ran.log
    ours = re.compile(r"::(error|warning|notice) title=[^:]*::")
    assert [line for line in lines if line.startswith("::") and not ours.match(line)] == []
    assert not set(ran.log) & set("\r\t\x0b\x0c\x1b\x85\u2028")
    for text in (ran.job_summary, runner.api.comments[0]["body"]):
        assert text.count("<!--") == 1
        outside = re.sub(r"`[^`\n]*`|\[Open the report\]\(https://host\.example/report\)", "", text)
        assert "@octocat" not in outside
        assert "https://" not in outside


def test_an_artifact_name_is_a_name(runner: Runner) -> None:
    record(runner, 0.95)
    ran = runner.run(sources="runs.json", artifact_name="../x")
    assert ran.code == 2
    assert "'artifact-name' may hold letters" in ran.log


@pytest.mark.parametrize(
    "version", ["1.0; rm -rf x", "--index-url=https://x", "-r x", "0.1.0 evil"]
)
def test_a_version_is_a_version(version: str, repository: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", str(repository / "scripts" / "github" / "install")],
        env={**os.environ, "RUNDIFF_VERSION": version, "RUNNER_TEMP": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, os.listdir(tmp_path)) == (2, [])


def test_the_templates_of_other_hosts_can_be_read(repository: Path) -> None:
    (job,) = yaml.safe_load((repository / "docs/ci/gitlab.yml").read_text()).values()
    assert job["artifacts"]["reports"] == {"junit": "junit.xml", "metrics": "metrics.txt"}
    assert job["artifacts"]["when"] == "always"
    assert "slim" not in job["image"]  # it has no git, which the job calls
    jenkins = (repository / "docs/ci/Jenkinsfile").read_text()
    assert jenkins.count("{") == jenkins.count("}")
    assert "junit testResults: 'junit.xml'" in jenkins
