"""Every setting of every process: one typed, frozen place.

Sources, first wins: arguments, ``GOFER_*`` variables, the TOML file that ``GOFER_CONFIG`` names,
the defaults below. Names end in their unit. Whatever can be wrong is refused here, in words that
name the setting, before anything starts. A secret (the password in a store's URL) must never show
in a repr, a dump or an error.
"""

import math
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ..domain.policy import Timers
from ..domain.submissions import Limits

CONFIG_VARIABLE = "GOFER_CONFIG"
"""Names the variable that holds the path of the TOML file."""

MIB = 1024 * 1024
CENTURY_S = 100 * 366 * 86_400

MESSAGE_ROOM_BYTES = 16 * MIB
"""What a message holds beside its bodies: tracebacks, output, thousands of attempts."""

STORES = (
    "memory:// (one process, nothing is kept), embedded://DIRECTORY (the bundled server; without"
    " a directory nothing is kept), redis://[USER:PASSWORD@]HOST[:PORT][/DB], rediss://... (TLS),"
    " unix:///SOCKET[?db=DB]"
)


class SettingsProblem(ValueError):
    """One or more settings are wrong; the message names each and says what is possible."""


# ---------------------------------------------------------------- the store's address


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """Where tasks are kept. ``str()`` shows it without secrets, ``reveal()`` gives it whole."""

    kind: Literal["memory", "embedded", "redis"]
    shown: str
    directory: Path | None = None
    secret: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Show the address without user, password and options."""
        return self.shown

    def reveal(self) -> str:
        """Return the address for the driver, with its password."""
        return self.secret


def parse_store(value: object) -> StoreUrl:
    """Return a store's address from its text; raise ValueError that says what is possible."""
    if isinstance(value, StoreUrl):
        return value
    text = value.strip() if isinstance(value, str) else ""
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if separator and scheme == "memory" and not rest:
        return StoreUrl("memory", "memory://", secret=text)
    if separator and scheme == "embedded":
        directory = Path(rest).expanduser().absolute() if rest else None
        return StoreUrl("embedded", f"embedded://{directory or ''}", directory, text)
    if separator and scheme in {"redis", "rediss", "unix"}:
        return StoreUrl("redis", _shown(scheme, text), secret=text)
    raise ValueError(f"not the address of a store; possible are {STORES}")


def _shown(scheme: str, text: str) -> str:
    """Return a server's address without secrets, after checking its form."""
    try:
        parts = urlsplit(text)
    except ValueError:  # its message may quote the part with the password
        raise ValueError(f"its form is wrong; expected {scheme}://HOST:PORT/DB") from None
    if scheme == "unix":
        if not parts.path.startswith("/") or parts.netloc.rpartition("@")[2]:
            raise ValueError("a socket's path must be absolute, as in unix:///run/redis.sock")
        return f"unix://{parts.path}"
    if not parts.hostname:
        raise ValueError(f"no host in it; expected {scheme}://HOST:PORT/DB")
    try:
        port = parts.port or 6379
    except ValueError:
        raise ValueError("its port is no number from 1 to 65535") from None
    database = parts.path.strip("/")
    if database and not (database.isascii() and database.isdecimal()):
        raise ValueError(f"its database must be a number, as in {scheme}://HOST:PORT/0")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{host}:{port}/{database or 0}"


def _patience(value: object) -> object:
    """Return seconds for the words yes and no: for ever, and not at all."""
    words = {"true": math.inf, "yes": math.inf, "false": 0.0, "no": 0.0}
    return words.get(str(value).lower(), value)


def _base64_room(data: dict[str, Any]) -> int:
    """Return a body limit under which the largest function or payload passes as base64 in JSON.

    76 characters carry 57 bytes and are followed by a line break, which JSON writes as two.
    """
    largest: int = max(data["function_limit_bytes"], data["payload_limit_bytes"])
    return -(-largest // 57) * 78 + 64 * 1024


# ---------------------------------------------------------------- the settings

Store = Annotated[StoreUrl, NoDecode, BeforeValidator(parse_store), PlainSerializer(str)]
Port = Annotated[int, Field(ge=0, le=65535)]
Bytes = Annotated[int, Field(ge=1, le=512 * MIB)]  # Redis' own limit of one value
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=CENTURY_S)]
Milliseconds = Annotated[int, Field(gt=0, le=CENTURY_S * 1000)]


class Settings(BaseSettings):
    """The settings, checked. ``load_settings`` gives friendlier errors than the constructor."""

    model_config = SettingsConfigDict(
        env_prefix="GOFER_",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # a store's URL may hold a password
    )

    # the store
    store: Store = parse_store("redis://127.0.0.1:6379/0")
    wait_for_store_s: Annotated[float, BeforeValidator(_patience), Field(ge=0)] = math.inf
    """How long a starting process waits for a store that is away; 0 (or "no"): not at all."""
    retention_s: Seconds = 86_400
    """How long an ended task and its outcome are kept."""

    # what one request may carry
    function_limit_bytes: Bytes = 16 * MIB
    payload_limit_bytes: Bytes = 16 * MIB
    result_limit_bytes: Bytes = 16 * MIB
    name_limit_chars: Count = 256
    queue_limit_tasks: Count = 1_000_000
    max_body_bytes: Count = Field(default_factory=_base64_room)
    """Largest body of a request; leaves room for a full payload as base64 unless it is set."""

    # the web service
    http_host: str = "127.0.0.1"
    http_port: Port = 8000
    http_concurrency: Count = 10_000
    """Connections and requests at once; further ones get 503."""
    http_read_timeout_s: Seconds = 30.0
    """How long a client may take to send a request's body, and its headers."""
    http_buffer_limit_bytes: Count = 256 * MIB
    """All request bodies together that are in memory at once; further ones get 503."""
    http_keep_alive_s: Count = 15
    http_shutdown_s: Count = 10
    """How long requests under way may take when the service is stopped."""
    access_log: bool = False
    docs_ui: bool = False

    # the dispatcher and its workers
    mode: Literal["local", "push", "pull"] = "local"
    dispatcher_host: str = "127.0.0.1"
    dispatcher_port: Port = 5555
    workers: Count = Field(default_factory=lambda: os.cpu_count() or 1)
    """Child processes of one worker: that many tasks run at once."""
    timeout_s: Seconds | None = None
    """Time limit of a task that names none; None: no limit."""

    # the children that run functions
    child_memory_limit_bytes: Annotated[int, Field(ge=64 * MIB)] | None = None
    child_tasks_limit: Count | None = None
    child_recycle_bytes: Count | None = None
    """A child is replaced after so many tasks, or once its peak memory is over so many bytes."""
    child_files_limit: Annotated[int, Field(ge=64)] | None = None
    child_processes_limit: Count | None = None
    child_grace_s: Annotated[float, Field(ge=0)] = 1.0
    """Between the polite signal and the kill of a task that must stop."""

    path: tuple[str, ...] = ()
    """Absolute folders on the children's import path: where functions find their modules."""

    # intervals; domain/policy.py, class Timers, says what each is and how they hang together
    beat_ms: Milliseconds = 2_000
    silence_ms: Milliseconds = 6_000
    lease_ms: Milliseconds = 30_000
    renew_ms: Milliseconds = 5_000
    fence_ms: Milliseconds = 5_000
    reap_ms: Milliseconds = 1_000
    poll_ms: Milliseconds = 2_000
    drain_ms: Annotated[int, Field(ge=0)] = 30_000
    started_ms: Milliseconds = 50

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _check_relations(self) -> "Settings":
        self.timers()
        if self.http_buffer_limit_bytes < self.max_body_bytes:
            raise ValueError("http_buffer_limit_bytes must be at least max_body_bytes")
        return self

    @property
    def timeout_ms(self) -> int | None:
        """Return the time limit of a task that names none, in ms."""
        return None if self.timeout_s is None else max(1, round(self.timeout_s * 1000))

    @property
    def message_bytes(self) -> int:
        """Return the largest message: a function with its arguments, or a result, and room."""
        orders = self.function_limit_bytes + self.payload_limit_bytes
        return max(64 * MIB, max(orders, self.result_limit_bytes) + MESSAGE_ROOM_BYTES)

    @property
    def carried_bytes(self) -> int:
        """Return the largest function with its arguments that a message has room for."""
        return self.message_bytes - MESSAGE_ROOM_BYTES

    def limits(self) -> Limits:
        """Return what one request may carry."""
        return Limits(
            function_bytes=self.function_limit_bytes,
            payload_bytes=self.payload_limit_bytes,
            name_chars=self.name_limit_chars,
            queued_tasks=self.queue_limit_tasks,
        )

    def timers(self) -> Timers:
        """Return the protocol's intervals; raise ValueError where they contradict each other."""
        return Timers(
            beat_ms=self.beat_ms,
            silence_ms=self.silence_ms,
            lease_ms=self.lease_ms,
            renew_ms=self.renew_ms,
            fence_ms=self.fence_ms,
            reap_ms=self.reap_ms,
            poll_ms=self.poll_ms,
            drain_ms=self.drain_ms,
            started_ms=self.started_ms,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source of ours
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor is this
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Say which source wins."""
        path = os.environ.get(CONFIG_VARIABLE)
        if not path:
            return init_settings, env_settings
        return init_settings, env_settings, _toml(settings_cls, Path(path))


def _toml(settings_cls: type[BaseSettings], path: Path) -> PydanticBaseSettingsSource:
    """Return the file as a source; pydantic-settings would pass over one that is missing."""
    try:
        path.open("rb").close()
        return TomlConfigSettingsSource(settings_cls, path)
    except OSError as error:
        raise SettingsProblem(f"{CONFIG_VARIABLE} {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{CONFIG_VARIABLE} {path} is no TOML: {error}") from None


def load_settings(**arguments: Any) -> Settings:
    """Return the settings; arguments that are None count as not given.

    Raises SettingsProblem with one line per setting that is wrong.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, problem['loc'])) or 'settings'}: "
            + problem["msg"].removeprefix("Value error, ")  # the kind of error
            for problem in error.errors(include_url=False, include_input=False)
            if problem["type"] != "default_factory_not_called"  # follows from another problem
        ]
        raise SettingsProblem("\n".join(lines)) from None
