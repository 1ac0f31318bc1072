// The studio of the panel's page: mount(element, strings) shows it there. It asks the server once a second while
// something is going on, and seldom otherwise; what it shows is what the server says, so any tab shows the same.

import { takeDrops } from "./page.js";
import { Choices } from "./studio-choices.js";
import { openCompare } from "./studio-compare.js";
import { amount, ask, button, element, icon, span, wordsOf } from "./studio-parts.js";
import { ItemRow, UploadRow } from "./studio-rows.js";
import { droppedFiles, Uploader } from "./studio-upload.js";

const SOON_MS = 700;
const SELDOM_MS = 4000;
const OVER = ["done", "failed", "cancelled", "interrupted"];
let uploader = null; // one for the page: uploads go on when the language changes

export const mount = (place, strings) => new Studio(place, wordsOf(strings));

class Studio {
  constructor(place, t) {
    Object.assign(this, { t, rows: new Map(), state: null, version: 0, told: new Map() });
    uploader ??= new Uploader(t);
    Object.assign(uploader, { t, changed: () => this.draw(), wish: () => this.choices.wish, limits: () => this.limits() });
    this.announcer = element("p", { class: "studio-unseen", role: "status" });
    this.fault = element("p", { class: "studio-fault", role: "alert", hidden: true });
    this.choices = new Choices(t, uploader, (text) => this.fail(text));
    this.queue = element("ul", { class: "studio-list" });
    this.finished = element("ul", { class: "studio-list" });
    this.queueCard = this.card("queue", this.queue);
    this.clear = button(t("remove-finished"), "remove", () => this.act("DELETE", "/items"));
    this.finishedCard = this.card("finished", this.finished, this.clear);
    this.root = element("div", { class: "studio-root" }, this.announcer, this.fault, this.dropZone(),
      this.choices.element, this.queueCard, this.finishedCard, this.foot());
    place.append(this.root);
    const mark = (isOver) => this.zone.classList.toggle("studio-drop-over", isOver);
    takeDrops(() => this.isShown(), mark, async (dropped) => uploader.add(await droppedFiles(dropped)));
    document.addEventListener("visibilitychange", () => this.poll());
    new IntersectionObserver(() => this.poll()).observe(this.root); // its tab was chosen
    this.poll();
  }

  card(name, list, ...more) {
    const id = `studio-${name}-title`;
    return element("section", { class: "studio-card", "aria-labelledby": id, hidden: true },
      element("div", { class: "studio-card-head" }, element("h2", { id, text: this.t(name) }), ...more), list);
  }

  dropZone() {
    const { t } = this;
    this.input = element("input", { type: "file", multiple: true, accept: "video/*,image/*", class: "studio-unseen", id: "studio-files",
      onchange: () => {
        uploader.add(this.input.files);
        this.input.value = "";
      } });
    this.room = element("p", { class: "studio-room" });
    this.zone = element("section", { class: "studio-drop", "aria-label": t("add-files") }, icon("upload"),
      element("div", { class: "studio-drop-words" }, element("h2", { text: t("drop-here") }), element("p", { text: t("drop-more") }),
        this.room),
      this.input, element("label", { for: "studio-files", class: "studio-button studio-button-first" }, icon("add"),
        element("span", { text: t("choose-files") })));
    return this.zone;
  }

  foot() {
    const { t } = this;
    this.afterHours = element("select", { onchange: () => this.rule("after_h", Number(this.afterHours.value)) });
    this.largest = element("select", { onchange: () => this.rule("largest_gb", Number(this.largest.value)) });
    this.keeps = element("input", { type: "checkbox", class: "studio-switch", role: "switch", onchange: () => this.rule("keeps", this.keeps.checked) });
    this.where = element("p", { class: "studio-hint" });
    const field = (word, input) => element("label", { class: "studio-field" }, element("span", { text: t(word) }), input);
    this.rules = element("section", { class: "studio-card studio-foot", "aria-label": t("rules"), hidden: true },
      field("after-rule", this.afterHours), field("largest", this.largest),
      element("label", { class: "studio-field studio-field-switch" }, this.keeps, element("span", { text: t("keeps") })),
      this.where);
    return this.rules;
  }

  isShown() {
    return this.root.isConnected && this.root.checkVisibility();
  }

  limits() {
    const { rules, most_files: most, files } = this.state ?? { rules: { largest_gb: Infinity }, most_files: Infinity, files: 0 };
    return { largest: rules.largest_gb * 2 ** 30, most, count: files };
  }

  async poll() {
    clearTimeout(this.timer);
    if (!this.root.isConnected || document.hidden) return;
    if (this.isShown()) await this.ask();
    const isBusy = uploader.isBusy || this.state?.uploads.length || this.state?.items.some((each) => !OVER.includes(each.state));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), isBusy ? SOON_MS : this.isShown() ? SELDOM_MS / 2 : SELDOM_MS);
  }

  async ask() {
    try {
      const state = await ask(this.t, "GET", `/state?after=${this.version}`);
      if (state) {
        this.state = state;
        this.version = state.version;
        this.choices.follow(state.own_backgrounds);
        this.draw();
      }
      this.fail("");
    } catch (failure) {
      this.fail(failure.message);
    }
  }

  async act(method, path, values) {
    let said = "";
    try {
      await ask(this.t, method, path, values);
    } catch (failure) {
      said = failure.message;
    }
    await this.ask();
    if (said) this.fail(said);
    this.poll();
  }

  rule(name, value) {
    this.act("POST", "/rules", { [name]: value });
  }

  fail(text) {
    if (!text && Date.now() - (this.failedAt ?? 0) < 6000) return; // long enough to be read
    this.failedAt = text ? Date.now() : 0;
    this.fault.textContent = text;
    this.fault.hidden = !text;
  }

  draw() {
    const items = this.state?.items ?? [];
    const mine = new Set(uploader.entries.map((each) => each.id));
    const others = (this.state?.uploads ?? []).filter((each) => !mine.has(each.id));
    const isNext = (item) => uploader.entries.some((each) => each.itemId === item.id);
    const active = items.filter((each) => !OVER.includes(each.state) && !isNext(each));
    const over = items.filter((each) => OVER.includes(each.state)).reverse();
    const uploads = [...uploader.entries, ...others.map((each) => this.elsewhere(each))];
    this.place(this.queue, [...active.map((each) => this.itemRow(each, active)), ...uploads.map((each) => this.uploadRow(each))]);
    this.place(this.finished, over.map((each) => this.itemRow(each, active)));
    this.queueCard.hidden = !this.queue.children.length;
    this.finishedCard.hidden = !over.length;
    this.root.classList.toggle("studio-empty", this.queueCard.hidden && this.finishedCard.hidden);
    for (const [key] of this.rows) if (!this.rows.get(key).element.isConnected) this.rows.delete(key);
    if (this.state) this.drawFoot();
    this.announce(items);
  }

  // An upload from another tab; ending it here ends it there.
  elsewhere({ id, name, bytes, received }) {
    return { key: `elsewhere-${id}`, id, name: this.t("elsewhere", { name }), bytes, sent: received, state: "sending", began: performance.now() };
  }

  uploadRow(entry) {
    const key = entry.key;
    const isElsewhere = !entry.file;
    const hand = isElsewhere ? { drop: () => this.act("DELETE", `/uploads/${entry.id}`) } : uploader;
    if (!this.rows.has(key)) this.rows.set(key, new UploadRow(this.t, entry, hand));
    this.rows.get(key).update(entry);
    return this.rows.get(key).element;
  }

  itemRow(item, active) {
    if (!this.rows.has(item.id)) this.rows.set(item.id, new ItemRow(this.t, item, this.acts()));
    const before = active.filter((each) => each.kind === item.kind && each.state === "waiting").indexOf(item)
      + (active.some((each) => each.kind === item.kind && each.state === "working") ? 1 : 0);
    this.rows.get(item.id).update(item, Math.max(0, before));
    return this.rows.get(item.id).element;
  }

  acts() {
    return {
      cancel: (item) => this.act("POST", `/items/${item.id}/cancel`),
      again: (item) => this.act("POST", `/items/${item.id}/again`, {}),
      another: (item) => this.act("POST", `/items/${item.id}/again`, { wish: this.choices.wish }),
      remove: (item) => this.act("DELETE", `/items/${item.id}`),
      compare: (item) => openCompare(this.t, item),
    };
  }

  // Moves only what is in another place, so that nothing loses the focus.
  place(list, wanted) {
    for (const each of [...list.children]) if (!wanted.includes(each)) each.remove();
    wanted.forEach((each, index) => {
      if (list.children[index] !== each) list.insertBefore(each, list.children[index] ?? null);
    });
  }

  drawFoot() {
    const { t, state } = this;
    this.rules.hidden = false;
    const fill = (select, values, word, value) => {
      if (select.options.length !== values.length) {
        select.replaceChildren(...values.map((each) => element("option", { value: each, text: word(each) })));
      }
      if (document.activeElement !== select) select.value = value;
    };
    fill(this.afterHours, state.choices.after_h, (hours) => span(hours * 3600), state.rules.after_h);
    fill(this.largest, state.choices.largest_gb, (size) => `${size} GB`, state.rules.largest_gb);
    this.keeps.checked = state.rules.keeps;
    this.where.textContent = t(state.rules.keeps ? "where-kept" : "where", { folder: state.folder });
    const free = state.free_bytes === null ? "" : amount(state.free_bytes);
    this.room.textContent = t("room", { most: state.most_files, largest: state.rules.largest_gb, free });
  }

  // Says to a screen reader what ended well or badly.
  announce(items) {
    for (const each of items) {
      const before = this.told.get(each.id);
      if (before && before !== each.state && (each.state === "done" || each.state === "failed")) {
        this.announcer.textContent = this.t(each.state === "done" ? "is-done" : "is-failed", { name: each.name });
      }
      this.told.set(each.id, each.state);
    }
  }
}
