// What every part of the page uses: texts in the user's language, elements, requests, and the short message below.

import { learn, told } from "/static/told.js";

let words = {};

export const languages = ["en", "es"];

export async function loadWords(language) {
  words = await get(`/api/words/${language}`);
  learn(words);
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-word]")) each.textContent = t(each.dataset.word);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", t(each.dataset.label));
  for (const each of document.querySelectorAll("[data-placeholder]")) each.placeholder = t(each.dataset.placeholder);
  return words;
}

// The text of this key; {name} in it becomes values.name.
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// The text of this key, or the other one where the language has none.
export function tOr(key, other) {
  return words[key] ?? other;
}

export const at = (id) => document.getElementById(id);

// An element: el("button", {class: "quiet", onclick: f}, "text", child ...).
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((each) => each != null));
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// Sets a text only where it differs, so that a screen reader does not hear it again.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

async function answer(response) {
  const text = await response.text();
  let said = {};
  try {
    said = JSON.parse(text);
  } catch {
    said = { error: text.trim() };
  }
  if (!response.ok) throw new Error(told(said.error) || t("mistake.unknown"));
  return said;
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error(t("gone.why"));
  }
  return answer(response);
}

export const get = (address) => ask(address, {});
export const send = (method, address, values = []) =>
  ask(address, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(values) });
export const post = (address, values) => send("POST", address, values);
export const upload = (address, file) =>
  ask(address, { method: "POST", headers: { "X-Name": encodeURIComponent(file.name) }, body: file });
export const act = (action, ...values) => post(`/api/do/${action}`, values);

// Whether a key belongs to the field that has the focus, and is no key of the page's.
export const isTyping = (event) =>
  Boolean(event.target.closest?.("input:not([type=checkbox]):not([type=range]), select, textarea"));
export const hasModifier = (event) => event.ctrlKey || event.metaKey || event.altKey || event.repeat;

// A browser opens six connections to one server: pictures take two, so that no action waits for them.
const PICTURES_AT_ONCE = 2;
const waiting = [];
let loading = 0;

// Sets the address of an <img> once it is its turn.
export function loadInTurn(shown, address) {
  waiting.push([shown, address]);
  loadNext();
  return shown;
}

function loadNext() {
  while (loading < PICTURES_AT_ONCE && waiting.length) {
    const [shown, address] = waiting.shift();
    loading += 1;
    const done = () => {
      loading -= 1;
      loadNext();
    };
    shown.addEventListener("load", done, { once: true });
    shown.addEventListener("error", done, { once: true });
    shown.src = address;
  }
}

let toastTimer = 0;

export function toast(text) {
  const place = at("toast");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (place.hidden = true), 7000);
}

// A sentence beside what went wrong; no sentence: it is well.
export function mistake(place, text = "") {
  place.textContent = text;
  place.hidden = !text;
}

export function time(seconds) {
  const whole = Math.floor(seconds);
  const part = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return `${hours ? `${hours}:` : ""}${part(Math.floor(whole / 60) % 60)}:${part(whole % 60)}`;
}

export function bytes(count) {
  const steps = ["B", "kB", "MB", "GB"];
  let step = 0;
  for (; count >= 1000 && step < 3; step++) count /= 1000;
  return `${count.toLocaleString(document.documentElement.lang, { maximumFractionDigits: count < 10 ? 1 : 0 })} ${steps[step]}`;
}

export function number(value, digits = 0) {
  return value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits });
}

// Files that are dropped anywhere on the page while isShown(): take(event's dataTransfer). Beside a zone that takes them, a
// browser would open them in place of the page. mark(isOver): whether they are over it.
export function takeDrops(isShown, mark, take) {
  const isMine = (event) => isShown() && event.dataTransfer?.types.includes("Files");
  let leaving = 0;
  document.addEventListener("dragover", (event) => {
    if (!isMine(event)) return;
    event.preventDefault();
    clearTimeout(leaving);
    leaving = setTimeout(() => mark(false), 200);
    mark(true);
  });
  document.addEventListener("drop", (event) => {
    if (!isMine(event)) return;
    event.preventDefault();
    mark(false);
    take(event.dataTransfer);
  });
}
