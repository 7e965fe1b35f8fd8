"""What can be set about the server, from the environment (DETENTE_*) or the command line; built once, passed in."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from model.bundle import DEFAULT_BUNDLE
from model.cores import usable_cores
from model.device import Device

PREFIX = "DETENTE_"
"""Begins the name of every setting in the environment."""


class Settings(BaseSettings):
    """The server's settings; every one can be given as DETENTE_NAME."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    bundle: Path = DEFAULT_BUNDLE
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    device: Device = Device.CPU
    workers: int = Field(default=1, ge=1)  # processes that share the port
    threads: int | None = Field(default=None, ge=1)  # runs at once a process; by default they share the usable cores
    request_seconds: float = Field(default=60, gt=0)  # a request that takes longer is answered with 504
    max_quotes: int = Field(default=1000, ge=1)  # a request
    max_body_bytes: int = Field(default=8 * 1024**2, ge=1024)

    @property
    def predictor_threads(self) -> int | None:
        """How many texts a process reads at once; None leaves it to the device."""
        if self.threads is None and self.device is Device.CPU:
            return max(1, usable_cores() // self.workers)
        return self.threads
