// What is to become of the files: a background and a format for each kind. The browser remembers it.

import { loadInTurn } from "./page.js";
import { ask, button, element, icon, iconButton } from "./studio-parts.js";

const KEY = "livebg.studio.wish";
const FIRST = { background: "studio-warm", video: "mp4", photo: "png", blur: 50, colour: "#2b5d4a" };
const FORMS = {
  video: [["mp4", false], ["webm", true], ["mov", true], ["gif", true]],
  photo: [["png", true], ["jpg", false], ["webp", true], ["avif", true], ["tiff", true]],
};
const FEW = 11; // backgrounds that show before all are asked for

export class Choices {
  // uploader: for a background of the user's own. said(sentence): shows a failure.
  constructor(t, uploader, said) {
    Object.assign(this, { t, uploader, said, backgrounds: [], isWhole: false, known: "" });
    this.values = { ...FIRST, ...stored() };
    this.gallery = element("div", { class: "studio-gallery", role: "radiogroup", "aria-label": t("background") });
    this.more = button("", "", () => this.showAll(), { class: "studio-button studio-link" });
    this.adjust = element("div", { class: "studio-adjust" });
    this.selects = { video: this.select("video"), photo: this.select("photo") };
    this.hint = element("p", { class: "studio-hint" });
    this.element = element("section", { class: "studio-card", "aria-labelledby": "studio-choices-title" },
      element("div", { class: "studio-card-head" }, element("h2", { id: "studio-choices-title", text: t("background") }),
        this.adjust, this.more),
      this.gallery,
      element("div", { class: "studio-formats" }, this.field("video"), this.field("photo"), this.hint));
    this.fill();
    this.load();
  }

  get wish() {
    const { background, video, photo, blur, colour } = this.values;
    return { background: background === "blur" ? `blur:${blur}` : background === "colour" ? colour : background, video,
      photo };
  }

  async load() {
    try {
      this.backgrounds = await ask(this.t, "GET", "/backgrounds");
    } catch (failure) {
      this.said(failure.message);
    }
    const known = new Set(["none", "blur", "colour", ...this.backgrounds.map((each) => each.key)]);
    if (!known.has(this.values.background)) this.values.background = known.has(FIRST.background) ? FIRST.background : "blur";
    this.fill();
  }

  // Another tab, or the time, may have changed which uploads there are.
  follow(own) {
    const now = own.join();
    if (now !== this.known) this.load();
    this.known = now;
  }

  select(kind) {
    return element("select", { id: `studio-format-${kind}`, onchange: (event) => this.set(kind, event.target.value) },
      ...FORMS[kind].map(([form]) => element("option", { value: form, text: this.t(`format.${form}`) })));
  }

  field(kind) {
    return element("label", { class: "studio-field", for: `studio-format-${kind}` },
      element("span", { text: this.t(`${kind}-format`) }), this.selects[kind]);
  }

  set(name, value) {
    this.values[name] = value;
    this.fill();
  }

  fill() {
    this.keepPossible();
    store(this.values);
    const named = this.backgrounds.filter((each, index) =>
      this.isWhole || index < FEW || each.key === this.values.background);
    const tiles = [this.tile("none", this.t("none"), "studio-checkered"), this.tile("blur", this.t("blur"), "studio-blurred"),
      this.tile("colour", this.t("colour"), "studio-colour"), ...named.map((each) => this.named(each)), this.own()];
    const focused = document.activeElement?.closest?.(".studio-gallery input")?.value;
    this.gallery.replaceChildren(...tiles);
    if (focused) this.gallery.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
    const hidden = this.backgrounds.length - named.length;
    this.more.hidden = !hidden && !(this.isWhole && this.backgrounds.length > FEW);
    this.more.textContent = this.isWhole ? this.t("fewer") : this.t("all-backgrounds", { count: this.backgrounds.length });
    this.fillAdjust();
    for (const [kind, select] of Object.entries(this.selects)) {
      select.value = this.values[kind];
      FORMS[kind].forEach(([, hasAlpha], index) => {
        select.options[index].disabled = this.values.background === "none" && !hasAlpha;
      });
    }
    this.hint.textContent = this.t(this.values.background === "none" ? "hint-transparent" : "hint");
  }

  // Not every format holds transparency.
  keepPossible() {
    if (this.values.background !== "none") return;
    for (const [kind, forms] of Object.entries(FORMS)) {
      const able = forms.filter(([, hasAlpha]) => hasAlpha).map(([form]) => form);
      if (!able.includes(this.values[kind])) this.values[kind] = able[0];
    }
  }

  fillAdjust() {
    const kind = this.values.background;
    if (this.adjusts === kind) return;
    this.adjusts = kind;
    const write = (name) => (event) => {
      this.values[name] = name === "blur" ? Number(event.target.value) : event.target.value;
      store(this.values);
      this.paint();
    };
    const field = kind === "blur"
      ? element("input", { type: "range", min: 0, max: 100, value: this.values.blur, oninput: write("blur") })
      : element("input", { type: "color", value: this.values.colour, oninput: write("colour") });
    const name = kind === "blur" ? "blur-strength" : "colour";
    this.adjust.replaceChildren(...(kind === "blur" || kind === "colour"
      ? [element("label", { class: "studio-field" }, element("span", { text: this.t(name) }), field)] : []));
    this.paint();
  }

  paint() {
    this.gallery.style.setProperty("--colour", this.values.colour);
    this.gallery.style.setProperty("--blur", `${2 + this.values.blur / 12}px`);
  }

  showAll() {
    this.isWhole = !this.isWhole;
    this.fill();
  }

  tile(key, name, look, ...more) {
    const radio = element("input", { type: "radio", name: "studio-background", value: key,
      onchange: () => this.set("background", key) });
    radio.checked = this.values.background === key;
    return element("div", { class: "studio-tile" }, element("label", {}, radio,
      element("span", { class: `studio-swatch ${look}` }, ...more), element("span", { class: "studio-tile-name", text: name,
        title: name })));
  }

  named({ key, name }) {
    const own = key.startsWith("own:") && `/studio/items/${key.slice(4)}/picture?width=320`;
    const src = own || `/api/backgrounds/${encodeURIComponent(name)}.jpg`;
    const tile = this.tile(key, key.startsWith("own:") ? name : this.t.background(name), "",
      loadInTurn(element("img", { alt: "", draggable: "false" }), src));
    if (key.startsWith("own:")) {
      tile.append(iconButton(this.t("remove-background", { name }), "cancel", () => this.remove(key),
        { class: "studio-tile-remove" }));
    }
    return tile;
  }

  own() {
    const input = element("input", { type: "file", accept: "image/*,video/*", class: "studio-unseen",
      "aria-label": this.t("own-background"), onchange: () => {
        this.addOwn(input.files);
        input.value = "";
      } });
    return element("div", { class: "studio-tile studio-tile-add" }, element("label", {}, input,
      element("span", { class: "studio-swatch" }, icon("add")),
      element("span", { class: "studio-tile-name", text: this.t("own-background") })));
  }

  addOwn(files) {
    for (const entry of this.uploader.add(files, true)) {
      entry.whenDone = async (id) => {
        await this.load();
        if (id) this.set("background", `own:${id}`);
      };
    }
  }

  async remove(key) {
    try {
      await ask(this.t, "DELETE", `/items/${key.slice(4)}`);
    } catch (failure) {
      this.said(failure.message);
    }
    await this.load();
  }
}

const stored = () => {
  try {
    const found = JSON.parse(localStorage.getItem(KEY)) ?? {};
    return Object.fromEntries(Object.entries(found).filter(([name, value]) => typeof value === typeof FIRST[name]));
  } catch {
    return {};
  }
};

const store = (values) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(values));
  } catch { /* a browser that stores nothing */ }
};

export const shownBackground = (t, item) => {
  const text = item.background;
  if (text === "none") return t("none");
  if (text.startsWith("blur")) return t("blur");
  if (text.startsWith("own:")) return item.background_name || t("own-file");
  return text.startsWith("#") ? t("colour") : t.background(text);
};
