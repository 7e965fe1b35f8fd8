"""What can be set about the server, from the environment (DETENTE_*) or the command line; built once, passed in."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from model.bundle import DEFAULT_BUNDLE
from model.cores import usable_cores
from model.device import Device
from model.quote import MAX_CHARACTERS

PREFIX = "DETENTE_"
"""Begins the name of every setting in the environment."""


class Settings(BaseSettings):
    """The server's settings; every one can be given as DETENTE_NAME. Limits are those of one process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    bundle: Path = DEFAULT_BUNDLE
    pointer: Path | None = None  # to the speakers of articles; by default the one that ships with the code
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    device: Device = Device.CPU
    workers: int = Field(default=1, ge=1)  # processes that share the port
    threads: int | None = Field(default=None, ge=1)  # runs at once a process; by default they share the usable cores

    # What is taken in. A request is admitted whole or refused whole, before any of it is read by the model.
    max_body_bytes: int = Field(default=8 * 1024**2, ge=1024)
    max_buffered_bytes: int = Field(default=64 * 1024**2, ge=1024)  # bodies of all requests that are not answered yet
    max_quotes: int = Field(default=1000, ge=1)  # a request; of an article, all its strings in quotation marks
    max_characters: int = Field(default=MAX_CHARACTERS, ge=1, le=MAX_CHARACTERS)  # a quote
    max_article_characters: int = Field(default=100_000, ge=1, le=1_000_000)
    max_requests: int = Field(default=64, ge=1)  # with quotes, in flight: what a single quote waits for
    max_waiting: int = Field(default=10_000, ge=1)  # quotes admitted and not taken by a worker; articles: Service.read
    max_connections: int = Field(default=1000, ge=1)

    # How long anything may take, in seconds.
    request_seconds: float = Field(default=60, gt=0, le=3600)  # to an answer; caps what a client asks for
    header_seconds: float = Field(default=10, gt=0)  # for a request's head, from its connection or the last answer on
    body_seconds: float = Field(default=30, gt=0)  # for a request's body
    send_seconds: float = Field(default=30, gt=0)  # that a client may leave an answer unread
    keep_alive_seconds: float = Field(default=5, gt=0)
    unready_seconds: float = Field(default=0, ge=0)  # after SIGTERM: requests are answered, /readyz gives 503
    drain_seconds: float = Field(default=60, ge=0)  # after that, for requests in flight; new ones get 503

    # Who may ask.
    keys: str = ""  # lines of `detente key new`, apart by spaces or new lines
    keys_file: Path | None = None  # the same lines in a file
    rate_limit: str = ""  # requests of a key that has none of its own, such as 600/minute
    rate_storage: str = "memory://"  # where rates are counted: with several processes, one that they share
    insecure: bool = False  # listen beyond this machine without keys
    cors_origins: str = ""  # of web pages whose scripts may ask, apart by spaces

    # What is told.
    log_format: Literal["auto", "json", "console"] = "auto"  # JSON unless somebody watches
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_quotes: bool = False
    traces: bool = False  # OpenTelemetry, to where OTEL_EXPORTER_OTLP_ENDPOINT says

    @property
    def predictor_threads(self) -> int | None:
        """How many texts a process reads at once; None leaves it to the device."""
        if self.threads is None and self.device is Device.CPU:
            return max(1, usable_cores() // self.workers)
        return self.threads

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.max_quotes > self.max_waiting:
            raise ValueError(f"max_waiting {self.max_waiting} is less than a request's max_quotes {self.max_quotes}")
        if self.max_body_bytes > self.max_buffered_bytes:
            raise ValueError(f"max_buffered_bytes {self.max_buffered_bytes} is less than a body's max_body_bytes")
        return self
