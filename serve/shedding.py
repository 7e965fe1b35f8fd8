"""What a connection does while the service is full: it answers by itself, before a task, a route or a log line."""

from functools import lru_cache
from typing import Any

from serve.asking import unavailable
from serve.headers import read_identity
from serve.paths import RELOAD
from serve.problems import raw_refusal
from serve.protocol import GuardedProtocol
from serve.service import Service, UnavailableError

_RELOAD, _OIP = RELOAD.encode(), b"/v2/"
_METHOD, _STATUS = "POST", 503


class SheddingProtocol(GuardedProtocol):
    """Refuses requests with quotes when none could be admitted; the rest of them is read and dropped.

    Under a multiple of the load that can be served most of what a server does is to refuse. So a refusal is counted
    and costs a few system calls, and what is served stays near what it was.
    """

    def __init__(self, service: Service, **given: Any) -> None:
        super().__init__(service.settings, service.metrics, **given)
        self._service = service
        self._shed = False

    def on_headers_complete(self) -> None:
        """Refuse the request, or begin it."""
        refusal = self._overload()
        if refusal is None:
            super().on_headers_complete()
            return
        self._check_head()
        if self.flow.write_paused:  # it asks on and reads nothing
            self.transport.abort()
            self._stop(503, refusal.reason, str(refusal))
        self._in_head, self._head, self._shed = False, 0, True
        self._await_client(self._settings.body_seconds + 1)
        self._metrics.rejected(refusal.reason)
        self._metrics.answered(_METHOD, None, _STATUS, 0)
        oip, last = self.url.startswith(_OIP), not self.parser.should_keep_alive()
        head, body = _written(str(refusal), refusal.retry_after, oip=oip, last=last)
        # The rest of what an answer's head may have is for browsers and traces: here the fewest bytes are best.
        request_id = read_identity(self.headers).request_id
        self.transport.write(b"%bX-Request-ID: %b\r\n\r\n%b" % (head, request_id, body))

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body, or drop it."""
        if self._shed:
            self._head = 0
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next head."""
        if not self._shed:
            super().on_message_complete()
            return
        self._in_head, self._head, self._shed = True, 0, False
        self._await_client(self._settings.keep_alive_seconds)
        if not self.parser.should_keep_alive():
            self._let_go()

    @property
    def _to_be_told(self) -> bool:
        return not self._shed and super()._to_be_told

    def _overload(self) -> UnavailableError | None:
        """Return why the request that begins is refused; None for one that has to go through the application."""
        if (
            not self._answered
            or self.parser.get_method() != b"POST"
            or self.parser.should_upgrade()
            or self.expect_100_continue
            or self.url.startswith(_RELOAD)
        ):
            return None
        try:
            self._service.check_open()
        except UnavailableError as error:
            return error if error.reason == "overloaded" else None
        return None


@lru_cache(maxsize=64)
def _written(detail: str, retry_after: int, *, oip: bool, last: bool) -> tuple[bytes, bytes]:
    """Return a refusal as it is sent, its head still open, and its body: the same for all who ask at this time."""
    error = unavailable(UnavailableError("overloaded", detail, retry_after))
    path = "/v2" if oip else ""
    head, _, body = raw_refusal(path, error, {"Connection": "close"} if last else {}).partition(b"\r\n\r\n")
    return head + b"\r\n", body
