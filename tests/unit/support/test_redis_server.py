"""Which server the tests choose, and that they do not choose silently."""

import os
from pathlib import Path

import pytest

from tests.support.redis_server import choose_binary


@pytest.fixture
def folder_with_a_server(tmp_path: Path) -> Path:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    return tmp_path


def test_the_server_on_path_comes_first(folder_with_a_server: Path) -> None:
    chosen = choose_binary({"PATH": str(folder_with_a_server)})
    assert (chosen.file, chosen.origin) == (folder_with_a_server / "redis-server", "path")


def test_without_one_on_path_the_bundled_one_is_taken(tmp_path: Path) -> None:
    chosen = choose_binary({"PATH": str(tmp_path)})
    assert chosen.origin == "bundled"
    assert os.access(chosen.file, os.X_OK)


def test_the_bundled_one_can_be_forced(folder_with_a_server: Path) -> None:
    environment = {"PATH": str(folder_with_a_server), "GOFER_TEST_SERVER": "bundled"}
    assert choose_binary(environment).origin == "bundled"


def test_the_one_on_path_can_be_demanded(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no redis-server is on PATH"):
        choose_binary({"PATH": str(tmp_path), "GOFER_TEST_SERVER": "path"})


def test_an_unknown_wish_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="may be path or bundled"):
        choose_binary({"PATH": str(tmp_path), "GOFER_TEST_SERVER": "postgres"})
