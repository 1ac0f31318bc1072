// One row for each file: on its way, waiting, in work, done or failed. A row stays the same element while it changes.

import { loadInTurn } from "./page.js";
import { shownBackground } from "./studio-choices.js";
import { amount, button, clock, element, icon, iconButton, percent, pictureOf, span } from "./studio-parts.js";
import { told } from "./told.js";

const THUMB = 256;

class Row {
  constructor(t, key, name, kind) {
    this.t = t;
    this.title = element("h3", { text: name, title: name });
    this.facts = element("p", { class: "studio-facts" });
    this.says = element("p", { class: "studio-says" });
    this.bar = element("progress", { max: 1, "aria-label": t("progress-of", { name }) });
    this.thumb = element("div", { class: "studio-thumb" }, icon(kind));
    this.actions = element("div", { class: "studio-actions" });
    this.element = element("li", { class: "studio-row", "data-key": key }, this.thumb,
      element("div", { class: "studio-row-main" }, this.title, this.facts, this.bar, this.says), this.actions);
    this.shown = {};
  }

  // Does it only where the value is another one than before: what has the focus keeps it.
  once(name, value, act) {
    if (this.shown[name] === value) return;
    this.shown[name] = value;
    act();
  }

  say(text, tone = "") {
    this.once("says", `${tone} ${text}`, () => {
      this.says.replaceChildren(...(tone === "bad" ? [icon("failed")] : tone === "good" ? [icon("done")] : []),
        element("span", { text }));
      this.says.dataset.tone = tone;
      this.says.hidden = !text;
    });
  }

  // share: 0 to 1; null: something goes on, nobody knows how far; undefined: no bar.
  progress(share) {
    this.bar.hidden = share === undefined;
    if (share === null) this.bar.removeAttribute("value");
    else if (share !== undefined) this.bar.value = share;
  }
}

export class UploadRow extends Row {
  constructor(t, entry, uploader) {
    super(t, entry.key, entry.name, entry.file?.type.startsWith("image/") ? "photo" : "video");
    this.uploader = uploader;
    this.update(entry);
  }

  update(entry) {
    const { t, uploader } = this;
    const size = entry.file?.size ?? entry.bytes;
    this.element.dataset.state = entry.state === "failed" ? "failed" : "uploading";
    this.facts.textContent = amount(size);
    this.progress(entry.state === "failed" ? undefined : entry.state === "queued" ? 0 : entry.sent >= size ? null : entry.sent / size);
    if (entry.state === "failed") this.say(entry.error, "bad");
    else if (entry.state === "queued") this.say(t("upload-waiting"));
    else if (entry.sent >= size) this.say(t("checking"));
    else this.say(sending(t, entry, size));
    this.once("actions", entry.state === "failed", () => this.actions.replaceChildren(
      ...(entry.state === "failed" && !entry.isFinal ? [button(t("try-again"), "again", () => uploader.retry(entry))] : []),
      iconButton(t(entry.state === "failed" ? "dismiss" : "cancel-of", { name: entry.name }), "cancel",
        () => uploader.drop(entry))));
  }
}

const sending = (t, entry, size) => {
  const seconds = (performance.now() - entry.began) / 1000;
  const rate = entry.sent / seconds;
  const share = percent(entry.sent / size);
  return seconds < 1 || !rate ? t("uploading", { share })
    : t("uploading-left", { share, rate: amount(rate), left: clock((size - entry.sent) / rate) });
};

export class ItemRow extends Row {
  // acts: what its buttons do: cancel, again, remove, compare; each takes the item.
  constructor(t, item, acts) {
    super(t, item.id, item.name, item.kind);
    this.acts = acts;
  }

  // before: how many wait before it.
  update(item, before) {
    this.item = item;
    this.element.dataset.state = item.state;
    this.fillFacts(item);
    this.fillThumb(item);
    this.fillState(item, before);
    this.once("actions", item.state, () => this.actions.replaceChildren(...this.buttons(item)));
  }

  fillFacts(item) {
    const { t } = this;
    const facts = [`${item.width} × ${item.height}`, ...(item.kind === "video" ? [clock(item.seconds)] : []),
      amount(item.bytes)].join(" · ");
    this.once("facts", facts + item.background + item.format, () => this.facts.replaceChildren(
      element("span", { text: facts }), backgroundChip(t, item),
      element("span", { class: "studio-chip", text: t(`format-short.${item.format}`) })));
  }

  fillThumb(item) {
    const of = item.result ? "after" : "before";
    this.once("thumb", of, () => {
      const at = item.kind === "video" ? Math.min(1, item.seconds / 3) : 0;
      const picture = element("img", { alt: "", draggable: "false", onerror: () => picture.remove() });
      loadInTurn(picture, pictureOf(item.id, of, at, THUMB));
      const shown = item.result ? element("button", { type: "button", class: "studio-thumb-button",
        "aria-label": this.t("compare-of", { name: item.name }), onclick: () => this.acts.compare(this.item) }, picture,
        item.kind === "video" && icon("play")) : picture;
      this.thumb.replaceChildren(icon(item.kind), shown);
      this.thumb.classList.toggle("studio-checkered", Boolean(item.result?.has_alpha));
    });
  }

  fillState(item, before) {
    const { t } = this;
    this.progress(item.state !== "working" ? undefined : share(item));
    if (item.state === "waiting") this.say(before ? t("waiting-behind", { count: before }) : t("waiting"));
    else if (item.state === "working") this.say(working(t, item));
    else if (item.state === "done") {
      const took = clock(item.result.took_s);
      this.say([t("done", { took, size: amount(item.result.bytes) }), this.until(item)].join(" · "), "good");
      this.says.title = item.notes.map(told).join("\n");
    } else if (item.state === "cancelled") this.say([t("cancelled"), this.until(item)].join(" · "));
    else this.say([told(item.error) || t("interrupted"), this.until(item)].join(" · "), "bad");
  }

  until(item) {
    return this.t("removed-in", { time: span(item.ends_in_s) });
  }

  buttons(item) {
    const { t, acts } = this;
    const one = (word, name, act) => iconButton(t(`${word}-of`, { name: item.name }), name, () => act(this.item));
    if (item.state === "waiting" || item.state === "working") return [one("cancel", "cancel", acts.cancel)];
    if (item.state !== "done") {
      return [button(t("start-again"), "again", () => acts.again(this.item), { "aria-label": t("start-again-of", { name: item.name }) }),
        one("remove", "remove", acts.remove)];
    }
    return [
      element("a", { class: "studio-button studio-button-first", href: `/studio/items/${item.id}/result`,
        download: item.result.name, "aria-label": t("download-of", { name: item.result.name }) }, icon("download"),
        element("span", { text: t("download") })),
      button(t("compare"), "compare", () => acts.compare(this.item), { "aria-label": t("compare-of", { name: item.name }) }),
      one("another", "again", acts.another), one("remove", "remove", acts.remove)];
  }
}

const backgroundChip = (t, item) => {
  const dot = item.background.startsWith("#") && element("i", { class: "studio-dot" });
  if (dot) dot.style.background = item.background;
  return element("span", { class: "studio-chip" }, dot, element("span", { text: shownBackground(t, item) }));
};

const share = ({ progress, kind }) => (kind === "video" && progress?.frames ? progress.done / progress.frames : null);

const working = (t, { progress }) => {
  if (!progress?.frames) return told(progress?.note) || t("starting");
  const values = { share: percent(progress.done / progress.frames), fps: Math.round(progress.fps) };
  if (progress.left_s === null || progress.left_s === undefined || progress.done < 2) return t("working", values);
  return t("working-left", { ...values, left: clock(progress.left_s) });
};
