"""Every request to a running livebg, declared once: `livebg ctl --help`, docs/control.md and GET /openapi.json have it
from here.

POST /ACTION takes a JSON list of texts, and answers with the status. GET /NAME takes its values from the query.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints

from livebg.core.errors import SettingsError
from livebg.core.version import VERSION

ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_REFUSED = {
    "400": "livebg refuses it; the sentence says why. Nothing has changed.",
    "403": "No token, an Origin, or another host's name.",
    "503": "livebg is busy, or ends.",
}
PICTURE_HEADERS = {
    "X-Sequence": ("integer", "for `after` of the next question"),
    "X-Age-Ms": ("number", "since the camera captured the picture, when livebg sent it; 0 for a standby image"),
    "X-State": ("string", "as in the status"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """values: their names, in order; those in brackets may be left out."""

    name: str
    help: str
    values: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return " ".join((self.name, *self.values))

    def takes(self, values: tuple[str, ...]) -> bool:
        needed = [each for each in self.values if not each.startswith("[")]
        return len(needed) <= len(values) <= len(self.values)


ACTIONS = (
    Action("status", "what viewers see now"),
    Action("hide", "every output shows the standby image; recorded sound is silent"),
    Action("show", "you again"),
    Action("hide-or-show", "the other one of both: for one key"),
    Action("blur", "blurs your own background; again: the background before"),
    Action("next-background", "the next one of 'livebg backgrounds'"),
    Action("background", "a file, a name, a colour, blur:60", ("WHAT",)),
    Action("preset", "this preset's settings over your usual ones; off: your usual ones alone", ("NAME",)),
    Action("set", "any live setting", ("SETTING", "VALUE")),
    Action("record", "records what the outputs get; without FILE into your folder of videos", ("[FILE]",)),
    Action("record-stop", "ends the newest recording; it is whole"),
    Action("record-or-stop", "the other one of both: for one key"),
    Action("output-on", "virtual-camera, window, a file, a server, as in --to", ("WHERE",)),
    Action("output-off", "one that is on; a file is whole", ("WHERE",)),
    Action("pause", "pauses all recordings, or continues them"),
    Action("marker", "a marker in the recordings"),
    Action("quit", "ends livebg; recordings are whole"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A GET. values: (name, JSON type or choices, help), each may be left out. media: of the answer."""

    path: str
    help: str
    values: tuple[tuple[str, str | tuple[str, ...], str], ...] = ()
    media: str = "application/json"


_WIDTH = ("width", "integer", "of the picture at most, px, 64 to 1920; 640 if left out")
_AFTER = ("after", "integer", "X-Sequence of the last picture: waits up to a second for another one")
QUESTIONS = (
    Question("/status", "what viewers see now"),
    Question("/settings", "every setting: value, default, range, help"),
    Question(
        "/preview",
        "a picture of what the outputs get, of its matte, or of the camera (never while you hide); the camera is on "
        "while somebody asks",
        (("of", ("composite", "matte", "camera"), "composite if left out"), _WIDTH, _AFTER),
        "image/jpeg",
    ),
    Question("/person", "the person alone; transparent while you hide", (_WIDTH, _AFTER), "image/webp"),
    Question("/openapi.json", "this description"),
)


def texts_of(body: bytes) -> list[str]:
    """What comes with a POST: a JSON list of texts, [] where nothing comes. Raises SettingsError."""
    try:
        values = json.loads(body or b"[]")
        if isinstance(values, list) and all(isinstance(each, str) for each in values):
            return values
    except (ValueError, RecursionError):
        pass
    raise SettingsError("the body must be a JSON list of texts")


def openapi(status: type) -> dict[str, Any]:
    """The OpenAPI 3.1 document. status: the dataclass of the status."""
    paths: dict[str, Any] = {each.path: {"get": _get(each)} for each in QUESTIONS}
    for each in ACTIONS:
        paths.setdefault(f"/{each.name}", {})["post"] = _post(each)
    hints = get_type_hints(status)
    properties = {each.name: _schema(hints[each.name]) for each in fields(status)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "livebg", "version": VERSION, "summary": "Steers a running livebg, on this computer alone."},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Status": {"type": "object", "required": [*properties], "properties": properties}},
        },
    }


def _get(question: Question) -> dict[str, Any]:
    parameters = [
        {
            "name": name,
            "in": "query",
            "description": help,
            "schema": {"type": kind} if isinstance(kind, str) else {"enum": [*kind]},
        }
        for name, kind, help in question.values
    ]
    answer: dict[str, Any] = {"description": question.help, "content": {question.media: _content(question)}}
    answers = {"200": answer, **_errors()}
    if question.media != "application/json":
        answer["headers"] = {
            name: {"description": help, "schema": {"type": kind}} for name, (kind, help) in PICTURE_HEADERS.items()
        }
        answers["204"] = {"description": "No such picture came within a second."}
    return {"summary": question.help, "parameters": parameters, "responses": answers}


def _content(question: Question) -> dict[str, Any]:
    if question.media != "application/json":
        return {}
    return {"schema": {"$ref": "#/components/schemas/Status"} if question.path == "/status" else {"type": "object"}}


def _post(action: Action) -> dict[str, Any]:
    least = len([each for each in action.values if not each.startswith("[")])
    values = {"type": "array", "items": {"type": "string"}, "minItems": least, "maxItems": len(action.values)}
    body = {"description": " ".join(action.values), "content": {"application/json": {"schema": values}}}
    status = {"schema": {"$ref": "#/components/schemas/Status"}}
    answer = {"description": "the status afterwards", "content": {"application/json": status}}
    said: dict[str, Any] = {"summary": action.help, "responses": {"200": answer, **_errors()}}
    return {**said, "requestBody": body} if action.values else said


def _errors() -> dict[str, Any]:
    return {
        code: {"description": text, "content": {"application/json": {"schema": ERROR}}}
        for code, text in _REFUSED.items()
    }


def _schema(kind: Any) -> dict[str, Any]:
    """Of one field of the status."""
    simple = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    if kind in simple:
        return {"type": simple[kind]}
    if hasattr(kind, "__value__"):
        return _schema(kind.__value__)
    arguments = get_args(kind)
    if arguments and all(isinstance(each, str) for each in arguments):
        return {"enum": [*arguments]}
    if kind is dict or getattr(kind, "__origin__", None) is dict:
        return {"type": "object"}
    if getattr(kind, "__origin__", None) is tuple:
        return {"type": "array", "items": _schema(arguments[0])}
    return {"anyOf": [_schema(each) for each in arguments]}
