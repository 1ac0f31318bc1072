// Backgrounds: what has a picture, blur, none and colours, and a file of the user's, dropped or chosen.

import { act, at, el, get, icon, loadInTurn, mistake, t, takeDrops, tOr, upload } from "/static/page.js";
import { slider } from "/static/settings.js";

const LARGEST = 500 * 2 ** 20;

export class Gallery {
  constructor() {
    this.current = "";
    this.items = [];
    const mark = (isOver) => at("drop").classList.toggle("is-over", isOver);
    takeDrops(() => !at("live").hidden, mark, ({ files }) => files.length && this.add(files[0]));
  }

  async load() {
    try {
      this.items = await get("/api/backgrounds");
      mistake(at("gallery-mistake"));
    } catch (failure) {
      mistake(at("gallery-mistake"), failure.message);
    }
    const place = at("gallery");
    const top = place.scrollTop;
    place.replaceChildren(...this.items.map((item) => this.picture(item)));
    place.scrollTop = top;
    this.special();
    this.mark();
  }

  picture(item) {
    const address = `/api/backgrounds/${encodeURIComponent(item.name)}.jpg`;
    const kind = item.kind === "video" ? el("span", { class: "kind" }, t("video")) : null;
    const shown = loadInTurn(el("img", { class: "pic", alt: "", width: 320, height: 180 }), address);
    return el(
      "button",
      { class: "tile", title: item.name, "data-what": item.what, onclick: () => this.choose(item.what) },
      shown, kind, el("span", { class: "name" }, pretty(item.name)), // prettier than the file's stem
    );
  }

  special() {
    const tile = (kind, what, children) =>
      el("button", { class: "tile", "data-what": what, onclick: () => this.choose(what) },
        el("span", { class: `pic ${kind}` }, ...children), el("span", { class: "name" }, t(`background.${kind}`)));
    const colour = el("input", { type: "color", value: "#2c5d8f", "aria-label": t("background.colour"),
      onchange: (event) => this.choose(event.target.value) });
    const colourPic = el("span", { class: "pic colour" });
    colourPic.style.background = this.current.startsWith("#") ? this.current : "#2c5d8f";
    colour.addEventListener("input", () => (colourPic.style.background = colour.value));
    if (/^#[0-9a-f]{6}$/i.test(this.current)) colour.value = this.current;
    const file = el("input", { type: "file", hidden: true, accept: "image/*,video/*", id: "add-file",
      onchange: (event) => event.target.files.length && this.add(event.target.files[0]) });
    at("special").replaceChildren(
      el("button", { class: "tile", id: "add", onclick: () => file.click() },
        el("span", { class: "pic add" }, icon("plus")), el("span", { class: "name" }, t("background.add"))),
      file,
      tile("blur", "blur", [icon("blur")]),
      el("span", { class: "tile", "data-colour": true }, colourPic, colour,
        el("span", { class: "name", "aria-hidden": "true" }, t("background.colour"))),
      tile("none", "none", []),
    );
  }

  async choose(what) {
    try {
      await act("background", what);
      mistake(at("gallery-mistake"));
      this.show(what);
    } catch (failure) {
      mistake(at("gallery-mistake"), failure.message);
    }
  }

  async add(file) {
    if (file.size > LARGEST) {
      mistake(at("gallery-mistake"), t("backgrounds.large"));
      return;
    }
    const place = at("add").querySelector(".name");
    place.textContent = t("backgrounds.adding");
    try {
      const said = await upload("/api/backgrounds", file);
      await this.load();
      await this.choose(said.what);
    } catch (failure) {
      this.special();
      mistake(at("gallery-mistake"), failure.message);
    }
  }

  // what: the background that the live loop has now.
  show(what) {
    if (what === this.current) return;
    this.current = what;
    this.mark();
  }

  mark() {
    const name = this.current.startsWith("blur") ? "blur" : this.current;
    for (const each of document.querySelectorAll(".tile[data-what]")) {
      each.setAttribute("aria-pressed", String(each.dataset.what === name));
    }
    document.querySelector(".tile[data-colour]")?.setAttribute("aria-pressed", String(name.startsWith("#")));
    const place = at("blur");
    place.hidden = name !== "blur";
    if (!place.hidden && !place.contains(document.activeElement)) {
      const strength = Number(this.current.split(":")[1] ?? 50);
      place.replaceChildren(slider("blur-strength", t("blur.strength"), { low: 0, high: 100, unit: "", kind: "int" },
        strength, (value) => this.choose(`blur:${value}`)));
    }
  }
}

function pretty(name) {
  const words = name.replace(/[-_]+/g, " ");
  return tOr(`background.name.${name}`, words[0].toUpperCase() + words.slice(1));
}
