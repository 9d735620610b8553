"""`make run`: the whole stack under Supervisor, which starts again what dies."""

import os
import shlex
import socket
import sys
from pathlib import Path

from fibcore import InvalidSettings, Settings

from local_stack import programs
from local_stack.environment import local_environment
from local_stack.programs import Program
from local_stack.settings import LocalSettings

# A dead process is started again at once, and as often as it takes.
_DAEMON = """
autorestart = true
startsecs = 1
startretries = 1000000
stopwaitsecs = 10
"""
_QUIET = """
logfile = /dev/null
logfile_maxbytes = 0
loglevel = error
"""
_ONE_SHOT = """
autorestart = false
startsecs = 0
"""


def main() -> None:
    """Check what must be free, write Supervisor's configuration and become Supervisor."""
    try:
        local = LocalSettings.from_environ(os.environ)
        Settings.from_environ(local_environment(dynamodb_port=local.dynamodb_port))
    except InvalidSettings as fault:
        sys.exit(f"fib: can't start: {fault}")
    for port, variable in local.port_names.items():
        if _is_taken(port):
            sys.exit(f"fib: can't start: port {port} is taken; set {variable} to a free one")
    logs = local.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    configuration = local.data_dir / "supervisord.conf"
    configuration.write_text(_configuration(local, logs))
    print("starting; Ctrl-C ends it all …", flush=True)
    supervisord = Path(sys.executable).with_name("supervisord")
    os.execve(
        supervisord,
        [str(supervisord), "--nodaemon", "-c", str(configuration)],
        local_environment(dynamodb_port=local.dynamodb_port),
    )


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _configuration(local: LocalSettings, logs: Path) -> str:
    user = "user = root\n" if os.geteuid() == 0 else ""
    pidfile = _escaped(str(local.data_dir / "supervisord.pid"))
    supervisord = f"[supervisord]\n{_QUIET}pidfile = {pidfile}\n{user}"
    # DynamoDB Local writes a file of its own into the folder where it runs.
    directory = f"directory = {_escaped(str(local.data_dir))}\n"
    sections = [supervisord]
    for name, program in programs.stack(local).items():
        log = f"redirect_stderr = true\nstdout_logfile = {_escaped(str(logs / name))}.log\n"
        sections.append(_section(name, program, _DAEMON + directory + log))
    terminal = "redirect_stderr = true\nstdout_logfile = /dev/fd/1\nstdout_logfile_maxbytes = 0\n"
    for name, program in programs.errands(local).items():
        sections.append(_section(name, program, _ONE_SHOT + terminal))
    return "\n".join(sections)


def _section(name: str, program: Program, behaviour: str) -> str:
    inherited = local_environment(dynamodb_port=0)
    own = [
        f'{variable}="{_escaped(value)}"'
        for variable, value in program.environment.items()
        if inherited.get(variable) != value
    ]
    return (
        f"[program:{name}]\n"
        f"command = {_escaped(shlex.join(program.command))}\n"
        f"environment = {','.join(own)}{behaviour}"
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


if __name__ == "__main__":
    main()
