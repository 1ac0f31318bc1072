"""The model hub: what is cached, whether the hub answers; fetches and verifies files.

Uses the hub library's own cache (HF_HOME, HF_HUB_CACHE), so that nothing is fetched twice on one machine, and follows
HF_ENDPOINT and HF_HUB_OFFLINE.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants, file_download
from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils import (  # type: ignore[attr-defined] # public, but not marked as exported
    WeakFileLock,
    build_hf_headers,
    validate_repo_id,
)

from livebg.core.errors import ModelError
from livebg.models.repository import KNOWN, Repository

log = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 3.0  # how long a hub may take to answer a request for a file's size and hash


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the hub; None means the environment's value (HF_ENDPOINT, HF_HUB_CACHE, saved token)."""

    endpoint: str | None = None
    cache_dir: Path | None = None
    token: str | bool | None = None
    is_offline: bool = False


USUAL = Access()


def repository(name: str) -> Repository:
    """A known repository, or the usual layout for any other name. Raises ModelError for a name that is none."""
    if name in KNOWN:
        return KNOWN[name]
    try:
        validate_repo_id(name)
    except ValueError as cause:
        raise ModelError(
            f"--model {name!r} is no repository name; expected OWNER/NAME, e.g. briaai/RMBG-1.4"
        ) from cause
    return Repository(name)


def at_revision(repo: Repository, revision: str) -> Repository:
    """The same repository at another commit, branch or tag, whose content is not known."""
    commit = getattr(revision, "resolved", revision)  # the hub library adds this when it looks up a branch
    return repo if commit == repo.revision else replace(repo, revision=commit, sha256={})


def is_offline(access: Access = USUAL) -> bool:
    return access.is_offline or constants.is_offline_mode()


def can_reach_hub(timeout_s: float = ANSWER_TIMEOUT_S, access: Access = USUAL) -> bool:
    """True if the hub answers within timeout_s; False at once in offline mode. Never raises."""
    if is_offline(access):
        return False
    try:
        answer = huggingface_hub.get_session().head(access.endpoint or constants.ENDPOINT, timeout=timeout_s)
    except Exception as cause:  # noqa: BLE001 - every way in which the hub library's client fails means no
        log.debug("hub not reached: %s", cause)
        return False
    return int(answer.status_code) < 500


def find_cached(repo: Repository | str, access: Access = USUAL) -> Path | None:
    """The first of the repository's weights files that is cached. No request; the content is not verified."""
    known = repository(repo) if isinstance(repo, str) else repo
    return next((path for name in known.files if (path := cached_file(known, name, access))), None)


def cached_file(repo: Repository, name: str, access: Access = USUAL) -> Path | None:
    found = huggingface_hub.try_to_load_from_cache(repo.name, name, cache_dir=access.cache_dir, revision=repo.revision)
    return Path(found) if isinstance(found, str) else None


def fetch(repo: Repository, name: str, access: Access = USUAL) -> tuple[Path, str]:
    """One file of the repository, from the cache or the hub, and its verified SHA-256.

    Raises ModelError; FileNotFoundError when the repository has no such file.
    """
    path = cached_file(repo, name, access)
    if path is None:
        _check_reachable(repo, access)
        try:
            path = _download(repo, name, access)
        except EntryNotFoundError as cause:
            raise FileNotFoundError(f"{repo.name} has no {name}") from cause
        except ModelError:
            raise
        except Exception as cause:
            raise ModelError(_download_failure(repo, name, cause)) from cause
    return path, verify(repo, name, path)


def verify(repo: Repository, name: str, path: Path) -> str:
    """The content's SHA-256. Raises ModelError when that is not the known one, or the one in the cache's own file name.

    The hub library names the cached content of a large file by its SHA-256 (where the system has symbolic links).
    """
    digest = sha256(path)
    content = path.resolve()
    expected = repo.sha256.get(name) or (content.name if len(content.name) == 64 else digest)
    if digest != expected:
        raise ModelError(
            f"{name} of {repo.name} is damaged or not the published one: SHA-256 {digest[:12]}…, expected "
            f"{expected[:12]}…; delete {content} to fetch it again"
        )
    return digest


def sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as cause:
        raise ModelError(f"{path} cannot be read: {cause.strerror}; check its permissions") from cause


def _check_reachable(repo: Repository, access: Access) -> None:
    remedy = "connect once to fetch them, give --weights PATH, or use --engine selfie"
    if is_offline(access):
        raise ModelError(f"the weights of {repo.name} are not cached and the hub is off (HF_HUB_OFFLINE); {remedy}")
    if not can_reach_hub(access=access):
        endpoint = access.endpoint or constants.ENDPOINT
        raise ModelError(f"the weights of {repo.name} are not cached and {endpoint} does not answer; {remedy}")


def _download(repo: Repository, name: str, access: Access) -> Path:
    """Fetch into the hub library's cache, with its progress bar.

    The library starts again when a process ended during a download. So a large file is first collected here, beside its
    place in the cache, and the next start continues it.
    """
    url = huggingface_hub.hf_hub_url(repo.name, name, revision=repo.revision, endpoint=access.endpoint)
    headers = build_hf_headers(token=access.token)
    seen = huggingface_hub.get_hf_file_metadata(
        url, timeout=ANSWER_TIMEOUT_S, headers=headers, endpoint=access.endpoint
    )
    if seen.etag is not None and len(seen.etag) == 64:
        pinned = repo.sha256.get(name, seen.etag)
        if pinned != seen.etag:
            raise ModelError(
                f"the hub offers another {name} of {repo.name} than livebg knows: SHA-256 {seen.etag[:12]}…, "
                f"expected {pinned[:12]}…; it is not fetched"
            )
        _collect(repo, name, url, headers, seen.etag, seen.size, access)
    # The library finds the content in its place and only gives it a name, or fetches a small file.
    return Path(
        huggingface_hub.hf_hub_download(
            repo.name, name, revision=repo.revision, endpoint=access.endpoint, cache_dir=access.cache_dir,
            token=access.token, etag_timeout=ANSWER_TIMEOUT_S,
        )
    )  # fmt: skip


def _collect(
    repo: Repository, name: str, url: str, headers: dict[str, str], etag: str, size: int | None, access: Access
) -> None:
    """Bring the content with this SHA-256 to blobs/<SHA-256> in the cache; continue an earlier try."""
    folder = Path(access.cache_dir or constants.HF_HUB_CACHE) / file_download.repo_folder_name(
        repo_id=repo.name, repo_type="model"
    )
    content = folder / "blobs" / etag
    content.parent.mkdir(parents=True, exist_ok=True)
    partial = content.with_name(f"{etag}.livebg-partial")
    with WeakFileLock(content.with_name(f"{etag}.livebg-lock")):
        if content.exists():
            return
        with partial.open("ab") as stream:
            at = stream.tell()
            if size is not None and at > size:
                at = stream.truncate(0)
            log.info("fetching %s of %s, %d of %d MB", name, repo.name, at // 1_000_000, (size or 0) // 1_000_000)
            file_download.http_get(
                url, stream, resume_size=at, headers=headers, expected_size=size, displayed_filename=name
            )
        digest = sha256(partial)
        if digest != etag:
            partial.unlink()
            raise ModelError(
                f"{name} of {repo.name} arrived damaged: SHA-256 {digest[:12]}…, expected {etag[:12]}…; start livebg "
                "again to fetch it"
            )
        partial.replace(content)


def _download_failure(repo: Repository, name: str, cause: Exception) -> str:
    """One line for any exception of the hub's library."""
    what = f"{name} of {repo.name} cannot be fetched: "
    if isinstance(cause, GatedRepoError):
        return f"{what}the repository is gated; accept its terms on its page, then log in with 'hf auth login'"
    if isinstance(cause, RevisionNotFoundError):
        return f"{what}the repository has no revision {repo.revision}"
    if isinstance(cause, RepositoryNotFoundError):
        return f"{what}no such repository, or it is private; check --model"
    lines: list[Any] = str(cause).strip().splitlines() or [type(cause).__name__]
    return f"{what}{lines[0]}; start again to go on where it ended"
