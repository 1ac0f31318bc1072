// Controls made from livebg's declaration of its settings: sliders, switches, lists, texts, each with its sentence.

import { act, at, el, get, mistake, post, t, tOr } from "/static/page.js";

const ELSEWHERE = new Set(["background", "hide", "to", "force", "control", "show_camera", "seconds"]); // or of no use here
const DEVICE = new Set(["source", "engine"]); // groups of the card with camera and engine
const SEND_MS = 60; // while a slider moves

const label = (name) => tOr(`setting.${name}`, name[0].toUpperCase() + name.slice(1).replaceAll("_", " "));
const help = (name, about) => tOr(`help.${name}`, about.help[0].toUpperCase() + about.help.slice(1));
const choice = (value) => tOr(`choice.${value}`, value);

function step(about) {
  if (about.kind === "int") return 1;
  const span = about.high - about.low;
  return span <= 1 ? 0.01 : span <= 5 ? 0.05 : span <= 100 ? 0.5 : 1;
}

// A slider with a number beside it, which also takes what is typed. onValue(text): sends it, and may reject.
export function slider(id, name, about, value, onValue) {
  const range = el("input", { type: "range", id, min: about.low, max: about.high, step: step(about) });
  const typed = el("input", { class: "number", inputmode: "decimal", "aria-label": name, autocomplete: "off" });
  range.value = value;
  typed.value = value;
  let timer = 0;
  range.addEventListener("input", () => {
    typed.value = range.value;
    clearTimeout(timer);
    timer = setTimeout(() => onValue(range.value), SEND_MS);
  });
  typed.addEventListener("change", () => {
    if (Number(typed.value) >= about.low && Number(typed.value) <= about.high) range.value = typed.value;
    onValue(typed.value.trim());
  });
  const head = el("div", { class: "head" }, el("label", { for: id }, name),
    el("span", { class: "value" }, typed, about.unit ? el("span", { class: "unit" }, tOr(`unit.${about.unit}`, about.unit)) : null));
  const made = el("div", { class: "field" }, head, range);
  made.show = (now) => {
    if (document.activeElement !== range && document.activeElement !== typed) {
      range.value = now;
      typed.value = now;
    }
  };
  return made;
}

export class SettingsCards {
  // onPending(Map): settings that wait for a restart.
  constructor(onPending) {
    this.onPending = onPending;
    this.pending = new Map();
    this.fields = new Map();
    this.cameras = [];
  }

  async load() {
    const known = await get("/api/settings");
    this.cameras = await get("/api/cameras").catch(() => []);
    this.fields.clear();
    const cards = { look: [], device: [], expert: [] };
    for (const [name, about] of Object.entries(known)) {
      if (ELSEWHERE.has(name)) continue;
      const card = !about.is_common && !about.is_by_eye ? "expert" : DEVICE.has(about.group) ? "device" : "look";
      if (card === "look" && !about.is_live) cards.device.push(this.field(name, about));
      else cards[card].push([about.group, this.field(name, about)]);
    }
    for (const [card, fields] of Object.entries(cards)) at(card).replaceChildren(...this.grouped(card, fields));
  }

  grouped(card, fields) {
    let last = "";
    return fields.flatMap((each) => {
      const [group, field] = Array.isArray(each) ? each : ["", each];
      const head = card === "expert" && group !== last ? [el("h3", {}, tOr(`group.${group}`, group))] : [];
      last = group;
      return [...head, field];
    });
  }

  field(name, about) {
    const made = this.control(name, about);
    const beside = el("p", { class: "mistake", role: "alert", hidden: true, id: `mistake-${name}` });
    if (!about.is_live) made.querySelector("label").append(el("span", { class: "later" }, t("restart.badge")));
    made.append(el("small", { id: `help-${name}` }, help(name, about)), beside);
    made.dataset.setting = name;
    for (const each of made.querySelectorAll("input, select")) each.setAttribute("aria-describedby", `mistake-${name} help-${name}`);
    this.fields.set(name, made);
    return made;
  }

  control(name, about) {
    const set = (value) => this.set(name, about, String(value));
    const id = `set-${name}`;
    if (about.kind === "bool") {
      const box = el("input", { type: "checkbox", role: "switch", class: "switch", id, onchange: () => set(box.checked ? "yes" : "no") });
      box.checked = about.value;
      const made = el("div", { class: "field" }, el("div", { class: "head" }, el("label", { for: id }, label(name)), box));
      made.show = (now) => (box.checked = now);
      return made;
    }
    if (about.low != null && about.high != null && about.high - about.low <= 5000) {
      const zero = about.zero ? { ...about, low: 0, help: about.help } : about;
      const made = slider(id, label(name), zero, about.value, set);
      if (about.zero) made.querySelector(".value").prepend(el("span", { class: "unit" }, t("zero", { what: tOr(`zero.${about.zero}`, about.zero) })));
      return made;
    }
    return this.text(name, about, id, set);
  }

  text(name, about, id, set) {
    let box;
    const choices = name === "camera" ? [{ value: "auto", name: choice("auto") }, ...this.cameras]
      : (about.choices ?? []).map((value) => ({ value, name: choice(value) }));
    const value = String(about.value);
    if (choices.length) {
      if (!choices.some((each) => each.value === value)) choices.push({ value, name: value });
      box = el("select", { id, onchange: () => set(box.value) },
        ...choices.map((each) => el("option", { value: each.value }, each.name)));
    } else box = el("input", { type: "text", id, autocomplete: "off", spellcheck: "false",
      placeholder: tOr(`empty.${name}`, t("empty")), onchange: () => set(box.value) });
    box.value = value;
    const made = el("div", { class: "field" }, el("div", { class: "head" }, el("label", { for: id }, label(name)), box));
    made.show = (now) => {
      if (document.activeElement !== box) box.value = now;
    };
    return made;
  }

  async set(name, about, text) {
    const beside = at(`mistake-${name}`);
    if (!about.is_live) {
      this.pending.set(name, text);
      this.onPending(this.pending);
      return;
    }
    try {
      await act("set", name, text);
      mistake(beside);
    } catch (failure) {
      mistake(beside, failure.message);
    }
  }

  // Values that something else has changed: a key, another page, a preset.
  async renew() {
    const known = await get("/api/settings");
    for (const [name, made] of this.fields) {
      if (known[name] && !this.pending.has(name)) made.show?.(known[name].value);
    }
  }

  async restart() {
    const values = [...this.pending].flat();
    await post("/api/restart", values);
    this.pending.clear();
    this.onPending(this.pending);
  }

  discard() {
    this.pending.clear();
    this.onPending(this.pending);
    return this.renew();
  }

  names() {
    return [...this.pending].map(([name, value]) => `${label(name)}: ${choice(value)}`).join(", ");
  }
}

