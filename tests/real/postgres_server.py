"""A PostgreSQL server of a suite's own, on a free port."""

import os
import shutil
import subprocess
from pathlib import Path

from gazette import check, free_port

PG_BIN = os.environ.get("GAZETTE_TEST_PG_BIN")


def as_postgres(*words, ok=True, **more):
    """Neither the server nor a pooler runs as root."""
    root = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} if "stdout" not in more else {}
    return subprocess.run([*root, *map(str, words)], check=ok, cwd="/", **quiet, **more)


def give_to_postgres(path):
    if os.geteuid() == 0:
        shutil.chown(path, "postgres")


class Server:
    def __init__(self, folder, **settings):
        check(PG_BIN, "set GAZETTE_TEST_PG_BIN, or run this suite by `tests/run`")
        self.data, self.port = Path(folder) / "pg", free_port()
        self.data.mkdir()
        give_to_postgres(self.data)
        as_postgres(f"{PG_BIN}/initdb", "-D", self.data, "-A", "trust", "-U", "gazette")
        self.settings = {"port": self.port, "unix_socket_directories": self.data, "listen_addresses": "127.0.0.1", **settings}
        self.url = f"postgres://gazette@127.0.0.1:{self.port}/postgres"

    def start(self):
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        as_postgres(f"{PG_BIN}/pg_ctl", "-D", self.data, "-w", "-l", self.data / "log", "-o", options, "start")

    def stop(self):
        as_postgres(f"{PG_BIN}/pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop", ok=False)

    def rows(self, sql):
        done = subprocess.run([f"{PG_BIN}/psql", "-qAt", "-h", self.data, "-p", str(self.port), "-U", "gazette", "postgres", "-c", sql],
                              capture_output=True, text=True)
        return done.stdout.split() if done.returncode == 0 else None
