"""The icon over a real D-Bus, with a desktop's tray that this test plays."""

# No `from __future__ import annotations`: dbus_fast reads the annotations.
import asyncio
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest
from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusStr
from dbus_fast.service import ServiceInterface, dbus_method
from requirements import lacking

from livebg.core.errors import LivebgError
from livebg.panel.tray.look import CLOSE, LINE, Entry, Look
from livebg.panel.tray.status_notifier import (
    ITEM_PATH,
    MENU_PATH,
    NO_TRAY,
    SIZES_PX,
    WATCHER,
    WATCHER_PATH,
    pixmaps,
    properties,
    run,
)

pytestmark = pytest.mark.slow

ITEM, MENU = "org.kde.StatusNotifierItem", "com.canonical.dbusmenu"


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus of the test's own."""
    if shutil.which("dbus-daemon") is None:
        lacking("pipewire", "there is no dbus-daemon")
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
        yield
        daemon.terminate()


class Watcher(ServiceInterface):
    """What a desktop's tray offers."""

    def __init__(self) -> None:
        super().__init__(WATCHER)
        self.items: asyncio.Queue[str] = asyncio.Queue()

    @dbus_method()
    def RegisterStatusNotifierItem(self, service: DBusStr) -> None:  # noqa: N802 - the protocol's name
        self.items.put_nowait(service)


class Desktop:
    """The tray of a desktop, and its user. For one event loop."""

    async def begin(self) -> Self:
        self.watcher, self.heard = Watcher(), asyncio.Queue[str]()
        self.bus = await MessageBus().connect()
        self.bus.export(WATCHER_PATH, self.watcher)
        self.bus.add_message_handler(self._hear)
        await self.bus.request_name(WATCHER)
        return self

    def _hear(self, message: Message) -> None:
        if message.interface in (ITEM, MENU) and message.member:
            self.heard.put_nowait(message.member)

    async def see(self) -> str:
        """The icon's service, once it has come."""
        service = await asyncio.wait_for(self.watcher.items.get(), 20)
        rule = f"type='signal',sender='{service}'"
        bus = "org.freedesktop.DBus"
        await self.call(bus, "/org/freedesktop/DBus", bus, "AddMatch", "s", rule)
        return service

    async def call(self, service: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        answer = await self.bus.call(
            Message(
                destination=service, path=path, interface=interface, member=member, signature=signature, body=list(body)
            )
        )
        assert answer is not None
        assert not answer.error_name, (member, answer.body)
        return answer.body

    async def about(self, service: str, path: str, interface: str) -> dict[str, Any]:
        (found,) = await self.call(service, path, "org.freedesktop.DBus.Properties", "GetAll", "s", interface)
        return {name: value.value for name, value in found.items()}

    async def menu(self, service: str) -> list[Any]:
        """[[number, properties, children], ...] of the menu's lines."""
        _, root = await self.call(service, MENU_PATH, MENU, "GetLayout", "iias", 0, -1, [])
        return [each.value for each in root[2]]

    async def choose(self, service: str, text: str) -> None:
        lines = await self.menu(service)
        lines += [each.value for line in lines for each in line[2]]
        number = next(line[0] for line in lines if "label" in line[1] and line[1]["label"].value == text)
        await self.call(service, MENU_PATH, MENU, "Event", "isvu", number, "clicked", Variant("s", ""), 0)

    async def hear(self, *members: str) -> None:
        waiting = set(members)
        while waiting:
            waiting -= {await asyncio.wait_for(self.heard.get(), 20)}


class World:
    """livebg, as far as an icon asks for it."""

    def __init__(self) -> None:
        self.state = "live"
        self.did = list[tuple[str, ...]]()
        self.failures = list[BaseException]()

    def look(self) -> Look:
        backgrounds = (Entry("my_room", ("background", "my_room"), True), Entry("blur", ("background", "blur"), False))
        entries = (
            Entry("Hide me", ("hide-or-show",), self.state == "hidden"),
            Entry("Background", entries=backgrounds),
            LINE,
            Entry("only said"),
            Entry("Close this icon", (CLOSE,)),
        )
        return Look(self.state, f"livebg: {self.state}", entries)

    def act(self, action: tuple[str, ...]) -> bool:
        self.did.append(action)
        if action == ("hide-or-show",):
            self.state = "hidden"
        return action != (CLOSE,)

    def show(self) -> threading.Thread:
        def body() -> None:
            try:
                run(self.look, self.act)
            except LivebgError as failure:
                self.failures.append(failure)

        thread = threading.Thread(target=body)
        thread.start()
        return thread


@pytest.mark.usefixtures("bus")
def test_a_user_sees_it_hides_and_closes_it() -> None:
    world = World()

    async def user() -> None:
        desktop = await Desktop().begin()
        thread = world.show()
        icon = await desktop.see()
        about = await desktop.about(icon, ITEM_PATH, ITEM)
        assert (about["Title"], about["Status"], about["Menu"]) == ("livebg: live", "Active", MENU_PATH)
        assert [(width, height, len(data)) for width, height, data in about["IconPixmap"]] == [
            (each, each, 4 * each * each) for each in SIZES_PX
        ]
        hide, backgrounds, line, said, close = await desktop.menu(icon)
        assert {name: value.value for name, value in hide[1].items()} == {
            "label": "Hide me", "enabled": True, "toggle-type": "checkmark", "toggle-state": 0,
        }  # fmt: skip
        assert [each.value[1]["label"].value for each in backgrounds[2]] == ["my__room", "blur"]
        assert line[1]["type"].value == "separator"
        assert not said[1]["enabled"].value
        assert close[1]["label"].value == "Close this icon"

        await desktop.choose(icon, "Hide me")
        await desktop.hear("NewIcon", "NewTitle", "LayoutUpdated")
        assert (await desktop.about(icon, ITEM_PATH, ITEM))["Title"] == "livebg: hidden"
        assert (await desktop.menu(icon))[0][1]["toggle-state"].value == 1

        await desktop.choose(icon, "blur")
        await desktop.choose(icon, "only said")
        await desktop.call(icon, ITEM_PATH, ITEM, "Activate", "ii", 0, 0)  # opens only the menu
        await desktop.choose(icon, "Close this icon")
        await asyncio.to_thread(thread.join, 20)
        desktop.bus.disconnect()
        assert not thread.is_alive()

    asyncio.run(user())
    assert world.did == [("hide-or-show",), ("background", "blur"), (CLOSE,)]
    assert not world.failures


@pytest.mark.usefixtures("bus")
def test_a_tray_that_starts_anew_gets_it_again() -> None:
    world = World()

    async def user() -> None:
        desktop = await Desktop().begin()
        thread = world.show()
        await desktop.see()
        desktop.bus.disconnect()
        other = await Desktop().begin()
        icon = await other.see()
        await other.choose(icon, "Close this icon")
        await asyncio.to_thread(thread.join, 20)
        other.bus.disconnect()

    asyncio.run(user())
    assert not world.failures


@pytest.mark.usefixtures("bus")
def test_a_desktop_without_a_tray_is_one_sentence() -> None:
    with pytest.raises(LivebgError, match="this desktop shows no tray icons") as caught:
        run(World().look, World().act)
    assert str(caught.value) == NO_TRAY


def test_no_desktop_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("unix:path=/gone", "nonsense"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with pytest.raises(LivebgError, match="there is no session bus"):
            run(World().look, World().act)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(LivebgError, match="there is no session bus"):
        run(World().look, World().act)


def test_colours_are_in_the_protocols_order() -> None:
    _, _, data = pixmaps("live")[0]
    middle = (SIZES_PX[0] * (SIZES_PX[0] // 2) + 2) * 4
    alpha, red, green, blue = data[middle : middle + 4]
    assert alpha > 250
    assert green > max(red, blue)  # live is green


def test_a_line_between_has_no_label() -> None:
    assert properties(LINE) == {"type": Variant("s", "separator")}
