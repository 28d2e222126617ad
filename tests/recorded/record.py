"""Records the answers of a real Keystone into the flows beside this file. Run it with the Python that has Keystone
installed.

    $ python tests/recorded/record.py tests/recorded/keystone/trusts.json …

Each flow gets a new Keystone (SQLite, Fernet, cache on, bcrypt cost 4) in a temporary folder and a process of its own.
"""

import io
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import flow as flows  # noqa: E402

ORIGIN = "http://127.0.0.1:5002"
CONF = """
[DEFAULT]
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
[token]
expiration = {token_s}
[fernet_tokens]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
[cache]
enabled = true
backend = dogpile.cache.memory
[identity]
password_hash_rounds = 4
{more}
"""


def new_keystone(folder, token_s, more=""):
    """A bootstrapped Keystone as a WSGI application in this process."""
    conf = folder / "keystone.conf"
    conf.write_text(CONF.format(folder=folder, token_s=token_s, more=more))
    manage = [str(Path(sys.executable).parent / "keystone-manage"), "--config-file", str(conf)]
    import getpass

    owner = ["--keystone-user", getpass.getuser(), "--keystone-group", getpass.getuser()]
    for name in ("fernet", "credential"):
        (folder / name).mkdir()
    urls = [word for kind in ("admin", "public", "internal") for word in (f"--bootstrap-{kind}-url", f"{ORIGIN}/v3")]
    for command in (
        ["db_sync"],
        ["fernet_setup", *owner],
        ["credential_setup", *owner],
        ["bootstrap", "--bootstrap-password", "labadmin", "--bootstrap-region-id", "RegionOne", *urls],
    ):
        subprocess.run(manage + command, check=True, capture_output=True)
    import os

    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(conf)
    sys.argv = ["keystone"]
    from keystone.server import wsgi

    return wsgi.initialize_public_application()


def sender(application):
    """send() of a flow, over WSGI."""

    def send(method, path, headers, body):
        path, _, query = path.partition("?")
        raw = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "5002",
            "HTTP_HOST": "127.0.0.1:5002",
            "SCRIPT_NAME": "",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(raw),
            "wsgi.errors": sys.stderr,
            "CONTENT_LENGTH": str(len(raw)),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if raw:
            environ["CONTENT_TYPE"] = "application/json"
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        seen = {}

        def start_response(status, pairs, problem=None):
            seen["status"] = int(status.split()[0])
            seen["headers"] = dict(pairs)

        try:
            text = b"".join(application(environ, start_response)).decode()
        except Exception as failure:  # what the real one does not catch: its web server would answer 500
            return 500, {"Content-Type": "text/html"}, type(failure).__name__
        return seen["status"], seen["headers"], "" if method == "HEAD" else text

    return send


def moment(s):
    return (datetime.now(UTC) + timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(path):
    """Play one flow on a new Keystone and write its answers into the file."""
    flow = json.loads(path.read_text())
    with tempfile.TemporaryDirectory() as folder:
        application = new_keystone(Path(folder), flow.get("token_s", 3600), flow.get("conf", ""))
        for exchange, answer in flows.play(flow, sender(application), time.sleep, moment, ORIGIN):
            exchange["answer"] = answer
    path.write_text(flows.dumps(flow))
    print(path.name, sum("answer" in each for each in flow["exchanges"]), "exchanges")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        record(Path(sys.argv[1]))
    else:
        for each in sys.argv[1:]:
            subprocess.run([sys.executable, __file__, each], check=False)
