"""Real servers on loopback, each in a temporary folder; a test is skipped where one cannot run."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.mlflow_environment import MlflowMissingError, mlflow_python, mlflow_variables

WAIT_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def needed(name: str, package: str, *folders: str) -> str:
    """Return a program's path, installing Debian's package where that is allowed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *folders])
    found = shutil.which(name, path=path)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "--yes", "--quiet", package]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, capture_output=True, check=False, env=environment)
        found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return found


@contextmanager
def running(command: list[str], port: int, log: Path, *, user: str = "") -> Iterator[None]:
    """Run a server until the block ends; fails with its log if it does not listen."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            as_user(user, command), stdout=out, stderr=out, env=mlflow_variables()
        )
    try:
        wait_for(lambda: is_listening(port), process, log)
        yield
    finally:
        process.terminate()
        process.wait(30)


def as_user(user: str, command: list[str]) -> list[str]:
    """Return a command that runs as another user; database servers refuse to run as root."""
    return ["runuser", "-u", user, "--", *command] if user and os.geteuid() == 0 else command


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def mlflow() -> Path:
    """The Python of an environment with MLflow."""
    try:
        return mlflow_python()
    except MlflowMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of an empty PostgreSQL database with a password."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    server = needed("postgres", "postgresql", *map(str, versions))
    with folder_of("postgres") as folder:
        (folder / "password").write_text("se/cret")
        initdb = str(Path(server).with_name("initdb"))
        subprocess.run(
            as_user("postgres", [initdb, "-D", f"{folder}/data", "-U", "ada", "-A", "scram-sha-256",
                                 f"--pwfile={folder}/password", "-E", "UTF8"]),
            check=True,
            capture_output=True,
        )  # fmt: skip
        port = free_port()
        command = [server, "-D", f"{folder}/data", "-p", str(port), "-k", str(folder),
                   "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]  # fmt: skip
        with running(command, port, folder / "log", user="postgres"):
            yield f"postgresql+psycopg2://ada:se%2Fcret@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """The address of an empty MariaDB database with a password."""
    server = needed("mariadbd", "mariadb-server")
    install = needed("mariadb-install-db", "mariadb-server")
    client = needed("mariadb", "mariadb-client")
    with folder_of("mysql") as folder:
        data = folder / "data"
        subprocess.run(
            as_user("mysql", [install, "--no-defaults", f"--datadir={data}",
                              "--auth-root-authentication-method=normal", "--skip-test-db"]),
            check=True,
            capture_output=True,
        )  # fmt: skip
        port, door = free_port(), folder / "socket"
        command = [server, "--no-defaults", f"--datadir={data}", f"--port={port}",
                   "--bind-address=127.0.0.1", f"--socket={door}"]  # fmt: skip
        with running(command, port, folder / "log", user="mysql"):
            statements = (
                "CREATE DATABASE tracking CHARACTER SET utf8mb4;"
                "CREATE USER 'ada'@'%' IDENTIFIED BY 'se/cret';"
                "GRANT ALL ON tracking.* TO 'ada'@'%';"
            )
            subprocess.run(
                [client, "--no-defaults", f"--socket={door}", "-u", "root", "-e", statements],
                check=True,
                capture_output=True,
            )
            yield f"mysql+pymysql://ada:se%2Fcret@127.0.0.1:{port}/tracking"


@contextmanager
def folder_of(user: str) -> Iterator[Path]:
    """A temporary folder that a server may use that runs as another user."""
    with TemporaryDirectory(prefix="rundiff-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        yield folder
