"""The icon on Linux desktops: StatusNotifierItem with a com.canonical.dbusmenu, over D-Bus (dbus-fast).

KDE, Ubuntu's GNOME, Cinnamon, Xfce, MATE, LXQt, Budgie and the usual bars of Sway show such icons. Why no ready
library: pystray needs PyGObject and a typelib of the system's here, which pip does not bring, and has no menu without;
Qt takes 190 MB and ends the process where a library of the system is missing. Main thread, in an asyncio loop; another
thread asks livebg.
"""
# ruff: noqa: N802, ARG002 - names and arguments are the protocol's

# No `from __future__ import annotations`: dbus_fast reads the annotations.
import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from dbus_fast import Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusInt32, DBusObjectPath, DBusSignature, DBusStr, DBusUInt32, DBusVariant
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from livebg.core.errors import LivebgError
from livebg.panel.tray.look import Entry, Look, icon

WATCHER, WATCHER_PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
ITEM_PATH, MENU_PATH = "/StatusNotifierItem", "/MenuBar"
SIZES_PX = (22, 24, 32, 48, 64)
LOOK_S = 1.0
NO_TRAY = (
    "this desktop shows no tray icons; on GNOME install the extension AppIndicator, elsewhere add a tray to the bar; "
    "'livebg ctl' and 'livebg panel' do the same without"
)
Pixmaps = Annotated[list[Any], DBusSignature("a(iiay)")]
ToolTip = Annotated[list[Any], DBusSignature("(sa(iiay)ss)")]
Layout = Annotated[list[Any], DBusSignature("(ia{sv}av)")]
Act = Callable[[tuple[str, ...]], object]


def pixmaps(state: str) -> list[list[Any]]:
    """[[width, height, ARGB bytes], ...] as the protocol wants them."""
    found = []
    for size in SIZES_PX:
        red, green, blue, alpha = icon(state, size).split()
        argb = [each.tobytes() for each in (alpha, red, green, blue)]
        found.append([size, size, bytes(value for pixel in zip(*argb, strict=True) for value in pixel)])
    return found


class Item(ServiceInterface):
    """The icon."""

    def __init__(self, look: Look, act: Act) -> None:
        super().__init__("org.kde.StatusNotifierItem")
        self.look, self._act = look, act

    def show(self, look: Look) -> None:
        old, self.look = self.look, look
        if look.state != old.state:
            self.NewIcon()
        if look.title != old.title:
            self.NewTitle()
            self.NewToolTip()

    @dbus_property(access=PropertyAccess.READ)
    def Category(self) -> DBusStr:
        return "ApplicationStatus"

    @dbus_property(access=PropertyAccess.READ)
    def Id(self) -> DBusStr:
        return "livebg"

    @dbus_property(access=PropertyAccess.READ)
    def Title(self) -> DBusStr:
        return self.look.title

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> DBusStr:
        return "Active"

    @dbus_property(access=PropertyAccess.READ)
    def WindowId(self) -> DBusInt32:
        return 0

    @dbus_property(access=PropertyAccess.READ)
    def IconName(self) -> DBusStr:
        return ""

    @dbus_property(access=PropertyAccess.READ)
    def IconPixmap(self) -> Pixmaps:
        return pixmaps(self.look.state)

    @dbus_property(access=PropertyAccess.READ)
    def ToolTip(self) -> ToolTip:
        return ["", [], self.look.title, ""]

    @dbus_property(access=PropertyAccess.READ)
    def ItemIsMenu(self) -> DBusBool:
        return True

    @dbus_property(access=PropertyAccess.READ)
    def Menu(self) -> DBusObjectPath:
        return MENU_PATH

    @dbus_method()
    def ContextMenu(self, x: DBusInt32, y: DBusInt32) -> None:
        """The desktop shows the menu itself."""

    @dbus_method()
    def Activate(self, x: DBusInt32, y: DBusInt32) -> None:
        """As ContextMenu: hiding by a slip of the mouse would surprise."""

    @dbus_method()
    def SecondaryActivate(self, x: DBusInt32, y: DBusInt32) -> None:
        """The middle button: the menu's first entry."""
        self._act(self.look.entries[0].action)

    @dbus_method()
    def Scroll(self, delta: DBusInt32, orientation: DBusStr) -> None:
        """Nothing."""

    @dbus_signal()
    def NewIcon(self) -> None:
        pass

    @dbus_signal()
    def NewTitle(self) -> None:
        pass

    @dbus_signal()
    def NewToolTip(self) -> None:
        pass


class Menu(ServiceInterface):
    """Entries by number: 0 is the menu itself."""

    def __init__(self, entries: tuple[Entry, ...], act: Act) -> None:
        super().__init__("com.canonical.dbusmenu")
        self._act = act
        self._revision = 0
        self._set(entries)

    def _set(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self._by_number: list[Entry] = []
        self._tree = self._node(Entry("livebg", entries=entries))

    def _node(self, entry: Entry) -> list[Any]:
        number = len(self._by_number)
        self._by_number.append(entry)
        children = [Variant("(ia{sv}av)", self._node(each)) for each in entry.entries]
        return [number, properties(entry), children]

    def show(self, entries: tuple[Entry, ...]) -> None:
        if entries != self.entries:
            self._set(entries)
            self._revision += 1
            self.LayoutUpdated()

    @dbus_property(access=PropertyAccess.READ)
    def Version(self) -> DBusUInt32:
        return 3

    @dbus_property(access=PropertyAccess.READ)
    def TextDirection(self) -> DBusStr:
        return "ltr"

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> DBusStr:
        return "normal"

    @dbus_property(access=PropertyAccess.READ)
    def IconThemePath(self) -> Annotated[list[str], DBusSignature("as")]:
        return []

    @dbus_method()
    def GetLayout(
        self, parent: DBusInt32, depth: DBusInt32, names: Annotated[list[str], DBusSignature("as")]
    ) -> Annotated[list[Any], DBusSignature("u(ia{sv}av)")]:
        return [self._revision, _within(self._tree, parent) or self._tree]

    @dbus_method()
    def GetGroupProperties(
        self, ids: Annotated[list[int], DBusSignature("ai")], names: Annotated[list[str], DBusSignature("as")]
    ) -> Annotated[list[Any], DBusSignature("a(ia{sv})")]:
        return [[each, properties(self._by_number[each])] for each in ids if 0 <= each < len(self._by_number)]

    @dbus_method()
    def GetProperty(self, number: DBusInt32, name: DBusStr) -> DBusVariant:
        known = properties(self._by_number[number]) if 0 <= number < len(self._by_number) else {}
        return known.get(name, Variant("s", ""))

    @dbus_method()
    def Event(self, number: DBusInt32, event: DBusStr, data: DBusVariant, timestamp: DBusUInt32) -> None:
        self._happen(number, event)

    @dbus_method()
    def EventGroup(
        self, events: Annotated[list[Any], DBusSignature("a(isvu)")]
    ) -> Annotated[list[int], DBusSignature("ai")]:
        for number, event, _, _ in events:
            self._happen(number, event)
        return []

    def _happen(self, number: int, event: str) -> None:
        if event == "clicked" and 0 <= number < len(self._by_number) and self._by_number[number].action:
            self._act(self._by_number[number].action)

    @dbus_method()
    def AboutToShow(self, number: DBusInt32) -> DBusBool:
        return False

    @dbus_method()
    def AboutToShowGroup(
        self, ids: Annotated[list[int], DBusSignature("ai")]
    ) -> Annotated[list[Any], DBusSignature("aiai")]:
        return [[], []]

    @dbus_signal()
    def LayoutUpdated(self) -> Annotated[list[int], DBusSignature("ui")]:
        return [self._revision, 0]


def properties(entry: Entry) -> dict[str, Variant]:
    """Of a line in the menu; an underscore in a name would mark a key of the keyboard."""
    if not entry.text:
        return {"type": Variant("s", "separator")}
    found = {"label": Variant("s", entry.text.replace("_", "__")), "enabled": Variant("b", entry.is_enabled)}
    if entry.entries:
        found["children-display"] = Variant("s", "submenu")
    if entry.is_on is not None:
        found["toggle-type"] = Variant("s", "checkmark")
        found["toggle-state"] = Variant("i", int(entry.is_on))
    return found


def _within(node: list[Any], number: int) -> list[Any] | None:
    if node[0] == number:
        return node
    return next((found for each in node[2] if (found := _within(each.value, number)) is not None), None)


def run(look: Callable[[], Look], act: Callable[[tuple[str, ...]], bool]) -> None:
    """Shows the icon until act() returns False. look, act: called in another thread. Raises LivebgError."""
    asyncio.run(_run(look, act))


async def _run(look: Callable[[], Look], act: Callable[[tuple[str, ...]], bool]) -> None:
    wishes: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
    try:
        bus = await MessageBus().connect()
    except (OSError, ValueError, EOFError) as cause:
        raise LivebgError(f"there is no session bus (D-Bus), so no tray: {cause}; start it in a desktop") from cause
    try:
        first = await asyncio.to_thread(look)
        item, menu = Item(first, wishes.put_nowait), Menu(first.entries, wishes.put_nowait)
        bus.export(ITEM_PATH, item)
        bus.export(MENU_PATH, menu)
        tray = await _register(bus, "")
        if not tray:
            raise LivebgError(NO_TRAY)
        while bus.connected:
            wish: tuple[str, ...] = ()
            try:
                wish = await asyncio.wait_for(wishes.get(), LOOK_S)
            except TimeoutError:
                tray = await _register(bus, tray)
            if wish and not await asyncio.to_thread(act, wish):
                break
            newest = await asyncio.to_thread(look)
            item.show(newest)
            menu.show(newest.entries)
    finally:
        bus.disconnect()


async def _register(bus: MessageBus, known: str) -> str:
    """Tells the desktop's tray about the icon, again where it is another one. Its name on the bus; '' if none."""
    owner = await _call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "GetNameOwner", WATCHER)
    name = str(owner[0]) if owner else ""
    if name and name != known:
        await _call(bus, WATCHER, WATCHER_PATH, "RegisterStatusNotifierItem", bus.unique_name or "")
    return name


async def _call(bus: MessageBus, service: str, path: str, member: str, word: str) -> list[Any] | None:
    """A method that takes a text, of the interface named as its service; None where it fails."""
    answer = await bus.call(
        Message(destination=service, path=path, interface=service, member=member, signature="s", body=[word])
    )
    return list(answer.body) if answer is not None and answer.message_type is MessageType.METHOD_RETURN else None
