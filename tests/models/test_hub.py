"""Fetching from a hub, with the real download code against a stand-in on 127.0.0.1: resume, cache, verify, failures."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants
from patience import SLACK
from stand_in_hub import COMMIT, StandInHub, serve

from livebg.core.errors import ModelError
from livebg.models import hub
from livebg.models.hub import Access, Repository

BODY = bytes(range(256)) * 49152  # 12 MiB: the hub library writes to disk in blocks of 10 MiB
BLOCK = 10 * 1024 * 1024
DIGEST = hashlib.sha256(BODY).hexdigest()
REPO = Repository("someone/rmbg-copy", revision=COMMIT)


@pytest.fixture
def stand_in() -> Iterator[StandInHub]:
    with serve({"config.json": b"{}", "model.safetensors": BODY}) as running:
        yield running


@pytest.fixture
def access(stand_in: StandInHub, tmp_path: Path) -> Access:
    return Access(stand_in.url, tmp_path / "cache", token=False)


@pytest.fixture
def dead(tmp_path: Path) -> Access:
    """A hub whose port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Access(f"http://127.0.0.1:{probe.getsockname()[1]}", tmp_path / "cache", token=False)


def test_a_fresh_download_lands_in_the_hub_librarys_own_cache(
    stand_in: StandInHub, access: Access, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TQDM_POSITION", "-1")  # the hub library's switch for progress bars off a terminal
    path, digest = hub.fetch(REPO, "model.safetensors", access)
    assert (path.read_bytes(), digest) == (BODY, DIGEST)
    assert access.cache_dir is not None
    assert path == access.cache_dir / "models--someone--rmbg-copy" / "snapshots" / COMMIT / "model.safetensors"
    assert path.resolve().name == DIGEST
    assert stand_in.downloads("model.safetensors") == [""]
    assert "model.safetensors: 100%" in capsys.readouterr().err  # the progress bar
    assert hub.find_cached(REPO, access) == path
    assert not list(path.resolve().parent.glob("*partial"))


def test_what_is_cached_needs_no_hub(stand_in: StandInHub, access: Access, dead: Access) -> None:
    hub.fetch(REPO, "model.safetensors", access)
    asked = len(stand_in.requests)
    hub.fetch(REPO, "model.safetensors", access)
    assert len(stand_in.requests) == asked
    assert hub.fetch(REPO, "model.safetensors", dead)[1] == DIGEST
    assert hub.fetch(REPO, "model.safetensors", replace(access, is_offline=True))[1] == DIGEST


@pytest.mark.slow
def test_a_cut_connection_is_taken_up_again(stand_in: StandInHub, access: Access) -> None:
    stand_in.hang_up_after = 11 * 1024 * 1024
    assert hub.fetch(REPO, "model.safetensors", access)[1] == DIGEST
    assert stand_in.downloads("model.safetensors") == ["", f"bytes={BLOCK}-"]


def test_a_download_goes_on_where_an_earlier_start_was_ended(stand_in: StandInHub, access: Access) -> None:
    assert access.cache_dir is not None
    blobs = access.cache_dir / "models--someone--rmbg-copy" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{DIGEST}.livebg-partial").write_bytes(BODY[:700_000])
    assert hub.fetch(REPO, "model.safetensors", access)[1] == DIGEST
    assert stand_in.downloads("model.safetensors") == ["bytes=700000-"]


def test_a_partial_download_that_is_too_long_is_begun_anew(stand_in: StandInHub, access: Access) -> None:
    assert access.cache_dir is not None
    blobs = access.cache_dir / "models--someone--rmbg-copy" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{DIGEST}.livebg-partial").write_bytes(BODY + b"more")
    assert hub.fetch(REPO, "model.safetensors", access)[1] == DIGEST
    assert stand_in.downloads("model.safetensors") == [""]


def test_content_that_arrives_damaged_is_not_kept(stand_in: StandInHub, access: Access) -> None:
    stand_in.claimed_sha256["model.safetensors"] = "ab" * 32
    with pytest.raises(ModelError, match=r"arrived damaged: SHA-256 .*, expected abababababab…; start livebg again"):
        hub.fetch(REPO, "model.safetensors", access)
    assert access.cache_dir is not None
    assert not [each for each in access.cache_dir.rglob("*") if each.is_file() and each.stat().st_size > 1000]


def test_content_that_was_damaged_in_the_cache_says_what_to_delete(stand_in: StandInHub, access: Access) -> None:
    path, _ = hub.fetch(REPO, "model.safetensors", access)
    content = path.resolve()
    content.write_bytes(BODY[:-1] + b"!")
    with pytest.raises(ModelError, match=f"damaged or not the published one: .* delete {content} to fetch it again"):
        hub.fetch(REPO, "model.safetensors", access)
    content.unlink()  # as told
    assert hub.fetch(REPO, "model.safetensors", access)[1] == DIGEST
    assert len(stand_in.downloads("model.safetensors")) == 2


def test_another_content_than_the_pinned_one_is_not_even_fetched(stand_in: StandInHub, access: Access) -> None:
    pinned = hub.repository("briaai/RMBG-1.4")
    with pytest.raises(ModelError, match=r"offers another model\.safetensors of briaai/RMBG-1\.4 than livebg knows"):
        hub.fetch(pinned, "model.safetensors", access)
    assert stand_in.downloads("model.safetensors") == []


def test_a_file_that_is_not_there(access: Access) -> None:
    with pytest.raises(FileNotFoundError, match=r"someone/rmbg-copy has no model\.pth"):
        hub.fetch(REPO, "model.pth", access)


def test_an_unreachable_hub_is_told_at_once(dead: Access) -> None:
    started_s = time.monotonic()
    with pytest.raises(ModelError, match=r"are not cached and http://127\.0\.0\.1:\d+ does not answer; connect once"):
        hub.fetch(REPO, "model.safetensors", dead)
    assert time.monotonic() - started_s < 4 * SLACK
    assert not hub.can_reach_hub(access=dead)


@pytest.mark.slow
def test_a_hub_that_never_answers_costs_no_more_than_the_timeout(tmp_path: Path) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        started_s = time.monotonic()
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        assert not hub.can_reach_hub(0.3, Access(url, tmp_path, token=False))
        assert time.monotonic() - started_s < 2 * SLACK


def test_offline_with_nothing_cached(stand_in: StandInHub, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub.can_reach_hub(access=access)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    asked = len(stand_in.requests)
    with pytest.raises(ModelError, match=r"not cached and the hub is off \(HF_HUB_OFFLINE\); .*--weights PATH"):
        hub.fetch(REPO, "model.safetensors", access)
    assert not hub.can_reach_hub(access=access)
    assert len(stand_in.requests) == asked


def test_a_branch_is_followed_once_and_found_again(stand_in: StandInHub, access: Access) -> None:
    branch = Repository("someone/rmbg-copy")
    path, _ = hub.fetch(branch, "model.safetensors", access)
    asked = len(stand_in.requests)
    assert hub.find_cached(branch, access) == path
    assert hub.fetch(branch, "model.safetensors", replace(access, is_offline=True))[0] == path
    assert len(stand_in.requests) == asked


def test_known_repositories_are_pinned() -> None:
    rmbg, ormbg = hub.repository("briaai/RMBG-1.4"), hub.repository("schirrmacher/ormbg")
    assert (rmbg.revision, rmbg.input_mean, len(rmbg.sha256["model.safetensors"])) == (COMMIT, 0.5, 64)
    assert "non-commercial" in rmbg.licence
    assert (len(ormbg.revision), ormbg.input_mean, ormbg.licence) == (40, 0.0, "Apache-2.0")
    assert hub.at_revision(rmbg, COMMIT) is rmbg
    assert hub.at_revision(rmbg, "main").sha256 == {}


@pytest.mark.parametrize("name", ["", "../etc", "a/b/c", "has space/x", "http://somewhere/x"])
def test_an_unfit_repository_name(name: str) -> None:
    with pytest.raises(ModelError, match="is no repository name; expected OWNER/NAME"):
        hub.repository(name)
