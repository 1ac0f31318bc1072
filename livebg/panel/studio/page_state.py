"""What the page shows of the studio, as values for JSON. Paths and our files' names are not among them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from livebg.panel.studio import choices
from livebg.panel.studio.item import HOURS, MOST_FILES, SIZES_GB, Item
from livebg.panel.studio.studio import Studio


def page_state(studio: Studio) -> dict[str, Any]:
    store = studio.store
    version = store.version  # first: what changes meanwhile raises it, and the page asks again
    items, now_s = store.items(), time.time()
    return {
        "version": version,
        "items": [_item(studio, each, now_s) for each in items if each.state != "background"],
        "uploads": [
            {"id": each.id, "name": each.name, "bytes": each.bytes, "received": each.received}
            for each in [*studio.uploads.values()]
        ],
        "own_backgrounds": [choices.OWN + each for each in store.backgrounds()],
        "rules": {"after_h": store.rules.after_h, "keeps": store.rules.keeps, "largest_gb": store.rules.largest_gb},
        "choices": {"after_h": HOURS, "largest_gb": SIZES_GB},
        "most_files": MOST_FILES,
        "files": len(items),
        "free_bytes": store.free(),
        "folder": str(store.folder),
    }


def _item(studio: Studio, item: Item, now_s: float) -> dict[str, Any]:
    ends_s, progress = studio.store.ends_s(item), studio.queue.progress(item.id)
    own = studio.store.backgrounds().get(item.wish.background.removeprefix(choices.OWN))
    return {
        "id": item.id,
        "name": item.name,
        "kind": item.look.kind,
        "bytes": item.bytes,
        "width": item.look.width,
        "height": item.look.height,
        "seconds": round(item.look.seconds, 3),
        "background": item.wish.background,
        "background_name": own.name if own else "",
        "format": choices.ending_of(item),
        "state": item.state,
        "error": item.error,
        "notes": item.notes,
        "ends_in_s": None if ends_s is None else max(0, round(ends_s - now_s)),
        "progress": None
        if progress is None
        else {
            "done": progress.done,
            "frames": progress.frames,
            "fps": progress.fps,
            "left_s": progress.left_s,
            "note": progress.note,
        },
        "result": _result(item) if item.result else None,
    }


def _result(item: Item) -> Mapping[str, Any]:
    form = choices.form_of(item)
    return {
        "name": choices.result_name(item),
        "bytes": item.result_bytes,
        "has_alpha": item.has_alpha,
        "took_s": item.took_s,
        "original_type": item.look.media_type,
        "type": form.media_type if form.plays else "",
    }


def background_list(studio: Studio) -> list[dict[str, str]]:
    """The user's uploads first, then those with a name; key: as a wish names it."""
    own = [{"key": choices.OWN + each.id, "name": each.name} for each in studio.store.backgrounds().values()]
    return own + [{"key": each, "name": each} for each in choices.names(studio.background_folder)]
