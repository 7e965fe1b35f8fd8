"""What can be set about the server, from the environment (DETENTE_*) or the command line; built once, passed in."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from model.bundle import DEFAULT_BUNDLE


class Settings(BaseSettings):
    """The server's settings; every one can be given as DETENTE_NAME."""

    model_config = SettingsConfigDict(env_prefix="DETENTE_", frozen=True)

    bundle: Path = DEFAULT_BUNDLE
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    threads: int | None = Field(default=None, ge=1)  # runs at once; the usable cores when not set
    max_quotes: int = Field(default=1000, ge=1)  # a request
    max_body_bytes: int = Field(default=8 * 1024**2, ge=1024)
