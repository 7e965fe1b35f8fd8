"""A server as a process: signals, exit codes, reloading, what it says when it can't start."""

import shutil
import signal
import socket
import threading

import pytest

from model.quote import Quote

LONG = {"text": "They broke the agreement and we shall not forget it. " * 300}
QUOTE = {"quotes": [{"text": "We agree."}]}


@pytest.fixture
def folder(default_bundle, tmp_path):
    return shutil.copytree(default_bundle.path, tmp_path / "bundle")


def begun(server, quotes):
    """Ask in the background; returns once the server reads the quotes, with where the answer will be."""
    answers: list[tuple[int, dict[str, str], object]] = []
    asking = threading.Thread(target=lambda: answers.append(server.ask("/v1/stance", {"quotes": quotes})))
    asking.start()
    server.until(lambda: "stance_queue_size 0.0" not in server.ask("/metrics")[2])
    return asking, answers


def test_a_drained_server_has_done_its_work(serving):
    """On SIGTERM what is in flight is answered, what comes gets 503 and Retry-After; then it ends with 0."""
    server = serving().ready()
    asking, answers = begun(server, [LONG] * 8)
    server.process.send_signal(signal.SIGTERM)
    server.until(lambda: server.ask("/readyz")[0] == 503)
    status, headers, body = server.ask("/v1/stance", QUOTE)
    assert (status, body["code"], headers["retry-after"]) == (503, "draining", "1")
    assert server.ask("/livez")[0] == 200
    asking.join()
    assert answers[0][0] == 200
    assert server.process.wait(30) == 0


def test_an_idle_server_ends_at_once(serving):
    """Nothing is in flight: SIGTERM ends it with 0, an open connection or not."""
    server = serving().ready()
    with socket.create_connection(("127.0.0.1", server.port)):
        assert server.end() == 0


def test_unready_before_it_goes(serving):
    """With unready_seconds it answers on while it says that it is not ready, so that balancers send nothing more."""
    server = serving(unready_seconds="1").ready()
    server.process.send_signal(signal.SIGTERM)
    server.until(lambda: server.ask("/readyz")[0] == 503)
    assert server.ask("/readyz")[2]["code"] == "leaving"
    assert server.ask("/v1/stance", QUOTE)[0] == 200
    assert server.process.wait(30) == 0


@pytest.mark.parametrize(("first", "second"), [(15, 15), (2, 2), (15, 2)])
def test_the_second_signal_ends_at_once(serving, first, second):
    """Whatever is in flight; the exit code names the signal."""
    server = serving().ready()
    asking, _ = begun(server, [LONG] * 150)
    server.process.send_signal(first)
    server.until(lambda: server.ask("/readyz")[0] == 503)
    assert server.end(second) == 128 + second
    asking.join()


@pytest.fixture(autouse=True)
def _quiet_threads(monkeypatch):
    """Clients whose connection the server broke off end quietly."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)


def test_what_takes_too_long_is_cut_off(serving):
    """After drain_seconds who still waits gets 503, and the exit code says that not all was done."""
    server = serving(drain_seconds="0.3").ready()
    asking, answers = begun(server, [LONG] * 150)
    assert server.end() == 1
    assert '"cut_off": 1' in server.log
    asking.join()
    assert answers[0][0] == 503


def test_ctrl_c(serving):
    """It drains too, and ends with 130 without a traceback."""
    server = serving().ready()
    assert server.end(signal.SIGINT) == 130
    assert "Traceback" not in server.log


def test_hangup_reloads(serving, folder, rename):
    """SIGHUP takes the bundle that lies there now; a bad one is logged and the old one goes on."""
    server = serving(bundle=str(folder)).ready()
    rename(folder, "second")
    server.process.send_signal(signal.SIGHUP)
    server.until(lambda: server.ask("/v1/stance", QUOTE)[2]["model"]["name"] == "second")
    (folder / "tokenizer.json").write_text("{}")
    server.process.send_signal(signal.SIGHUP)
    server.until(lambda: "reload failed" in server.log)
    assert server.ask("/v1/stance", QUOTE)[2]["model"]["name"] == "second"
    assert server.end() == 0


def test_reload_over_http_wants_an_admin_key(serving, folder, rename):
    """Other keys are refused; a bad bundle is 409 with the reason."""
    from serve.keys import new_key

    (admin, admin_line), (user, user_line) = (
        new_key("ops", admin=True, rate=None),
        new_key("desk", admin=False, rate=None),
    )
    server = serving(bundle=str(folder), keys=f"{admin_line} {user_line}")
    server.ready()
    assert server.ask("/v1/stance", QUOTE)[0] == 401
    assert server.ask("/v1/model/reload", {}, x_api_key=user)[0] == 403
    rename(folder, "second")
    assert server.ask("/v1/model/reload", {}, x_api_key=admin)[2]["name"] == "second"
    (folder / "tokenizer.json").write_text("{}")
    status, _, body = server.ask("/v1/model/reload", {}, authorization=f"Bearer {admin}")
    assert (status, body["code"]) == (409, "bad_bundle")
    assert server.ask("/v1/stance", QUOTE, x_api_key=user)[0] == 200


def test_answers_are_those_of_the_predictor(serving, predictor):
    """Bit for bit, through everything that stands between."""
    server = serving().ready()
    texts = [f"We met {number} times and they lied." for number in range(20)]
    results = server.ask("/v1/stance", {"quotes": [{"text": text} for text in texts]})[2]["results"]
    assert [each["probabilities"] for each in results] == [
        predictor.predict_one(Quote(text)).probabilities for text in texts
    ]


def test_what_is_wrong_is_told_in_a_line(serving, folder):
    """A port that is taken, a bundle that is none, an address that needs keys: one line, exit code 1 or 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = serving("--port", str(taken.getsockname()[1]))
        assert server.process.wait(60) == 1
    assert "name another" in server.log
    assert len(server.log.splitlines()) == 1

    server = serving("--bundle", str(folder / "onnx"))
    assert server.process.wait(60) == 1
    assert "no bundle" in server.log

    server = serving("--host", "0.0.0.0")  # noqa: S104, it is refused
    assert server.process.wait(60) == 2
    assert "--insecure" in server.log
