// Presets: a row of pictures; the keys 1 to 9 put them on. Saves what is now, renames and deletes the one that is on.

import { act, at, el, get, hasModifier, icon, isTyping, loadInTurn, mistake, say, send, t } from "/static/page.js";
import { told } from "/static/told.js";

const SURE_MS = 4000; // a second click within this time deletes

export class Presets {
  // onChange(): another preset is on, so that other settings hold.
  constructor(onChange) {
    this.onChange = onChange;
    this.items = [];
    this.on = "";
    this.isLive = false;
    this.renamed = ""; // the one whose new name the form asks for; "": the form saves
    this.replaced = ""; // the name that a second click on Save replaces
    at("presets-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.done();
    });
    at("presets-name").addEventListener("input", () => {
      this.ask(false);
      mistake(at("presets-mistake"));
    });
    at("presets-cancel").addEventListener("click", () => this.close());
    at("presets-rename").addEventListener("click", () => this.open(this.on));
    at("presets-delete").addEventListener("click", () => this.remove());
    document.addEventListener("keydown", (event) => {
      if (at("live").hidden || isTyping(event) || hasModifier(event) || !/^[1-9]$/.test(event.key)) return;
      const item = this.items[Number(event.key) - 1];
      if (item) this.choose(item);
    });
  }

  async load() {
    try {
      this.items = await get("/api/presets");
      mistake(at("presets-mistake"));
    } catch (failure) {
      mistake(at("presets-mistake"), failure.message);
    }
    const save = el("button", { class: "tile", id: "presets-save", onclick: () => this.open("") },
      el("span", { class: "pic add" }, icon("plus")), el("span", { class: "name" }, t("presets.save")));
    at("presets").replaceChildren(...this.items.map((item, index) => this.tile(item, index + 1)), save);
    this.mark();
  }

  tile(item, key) {
    const address = `/api/presets/${encodeURIComponent(item.name)}.jpg?${item.stamp}`;
    const shown = item.stamp ? loadInTurn(el("img", { class: "pic", alt: "", width: 320, height: 180 }), address)
      : el("span", { class: "pic" });
    return el("button", { class: "tile", title: told(item.fault) || item.what.map(told).join("\n"), "data-preset": item.name,
      "aria-keyshortcuts": key <= 9 ? key : null, onclick: () => this.choose(item) },
      shown, key <= 9 ? el("span", { class: "kind", "aria-hidden": "true" }, key) : null, el("span", { class: "name" }, item.name));
  }

  async choose(item) {
    await this.attempt(async () => {
      if (item.fault) throw new Error(told(item.fault));
      this.show(await act("preset", item.name));
      this.onChange();
    });
  }

  // live: the live loop's status, null where there is none.
  show(live) {
    const on = live?.preset ?? "";
    const waits = live?.preset_waits ?? [];
    say(at("presets-waits"), waits.length ? t("presets.waits", { what: waits.join(", ") }) : "");
    at("presets-waits").hidden = !waits.length;
    const isKnown = !on || this.items.some((each) => each.name === on);
    if (on === this.on && Boolean(live) === this.isLive && isKnown) return;
    this.on = on;
    this.isLive = Boolean(live);
    if (isKnown) this.mark();
    else this.load(); // saved elsewhere meanwhile
  }

  mark() {
    for (const each of document.querySelectorAll("[data-preset]")) {
      each.setAttribute("aria-pressed", String(each.dataset.preset === this.on));
      each.disabled = !this.isLive;
    }
    const save = at("presets-save");
    if (save) save.disabled = !this.isLive;
    at("presets-of").hidden = !this.on || !at("presets-form").hidden;
    this.sure(false);
  }

  // renamed: the preset to rename; "": to save a new one.
  open(renamed) {
    this.renamed = renamed;
    at("presets-form").hidden = false;
    at("presets-name").value = renamed;
    this.ask(false);
    this.mark();
    at("presets-name").focus();
  }

  close() {
    at("presets-form").hidden = true;
    mistake(at("presets-mistake"));
    this.mark();
  }

  ask(isReplacing) {
    this.replaced = isReplacing ? at("presets-name").value : "";
    say(at("presets-done"), t(this.renamed ? "presets.rename" : isReplacing ? "presets.replace" : "presets.do-save"));
  }

  async done() {
    const name = at("presets-name").value;
    const isTaken = this.items.some((each) => each.name.toLowerCase() === name.toLowerCase());
    if (!this.renamed && isTaken && this.replaced !== name) {
      this.ask(true);
      mistake(at("presets-mistake"), t("presets.taken", { name }));
      return;
    }
    await this.attempt(async () => {
      if (this.renamed) await send("POST", `/api/presets/${encodeURIComponent(this.renamed)}`, [name]);
      else await send("POST", "/api/presets", isTaken ? [name, "replace"] : [name]);
      await this.load();
      this.close();
      if (this.isLive) await act("preset", name);
    });
  }

  sure(isAsking) {
    clearTimeout(this.timer);
    this.isSure = isAsking;
    say(at("presets-delete"), t(isAsking ? "presets.sure" : "presets.delete", { name: this.on }));
    if (isAsking) this.timer = setTimeout(() => this.sure(false), SURE_MS);
  }

  async remove() {
    if (!this.isSure) {
      this.sure(true);
      return;
    }
    await this.attempt(async () => {
      await send("DELETE", `/api/presets/${encodeURIComponent(this.on)}`);
      await this.load();
    });
  }

  async attempt(what) {
    try {
      await what();
      mistake(at("presets-mistake"));
    } catch (failure) {
      mistake(at("presets-mistake"), failure.message);
    }
  }
}
