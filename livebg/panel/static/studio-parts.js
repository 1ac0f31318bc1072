// What the studio's modules share: elements, icons, words, amounts and requests.

import { told } from "./told.js";

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  upload: "M12 16V5M7 9.5 12 4.5l5 5M5 19.5h14",
  download: "M12 4.5v11M7 11l5 5 5-5M5 19.5h14",
  compare: "M12 3.5v17M9 6H4.5v12H9M15 6h4.5v12H15",
  again: "M19 12a7 7 0 1 1-2.2-5.1M19 4.5V8h-3.6",
  cancel: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  remove: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  done: "M5.5 12.5l4.5 4.5 8.5-9.5",
  failed: "M12 4 2.8 19.5h18.4ZM12 10v4.5M12 16.6v.6",
  play: "M8 5.5v13l10.5-6.5Z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  add: "M12 5.5v13M5.5 12h13",
  video: "M4 6.5h11v11H4ZM15 10.5l5-2.5v8l-5-2.5",
  photo: "M4 5.5h16v13H4ZM4 16l5-5 4 4 2.5-2.5L20 16M15.5 9.2v.1",
};

export const element = (tag, about = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
};

export const icon = (name) => {
  const drawing = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.classList.add("studio-icon");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
};

export const button = (word, iconName, onclick, about = {}) =>
  element("button", { type: "button", class: "studio-button", onclick, ...about }, iconName && icon(iconName),
    element("span", { text: word }));

// A button that shows its icon alone; its word is for screen readers and the tooltip.
export const iconButton = (word, iconName, onclick, about = {}) =>
  element("button", { type: "button", class: "studio-button studio-button-icon", title: word, "aria-label": word, onclick,
    ...about }, icon(iconName));

// t(key, values): the studio's text. t.background(name): how this language calls one of livebg's backgrounds.
export const wordsOf = (strings) => {
  const t = (key, values = {}) =>
    (strings[`studio.${key}`] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  t.background = (name) => strings[`background.name.${name}`] ?? pretty(name);
  return t;
};

// 'studio-warm' → 'Studio warm'
const pretty = (name) => {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const language = () => document.documentElement.lang || "en";

export const amount = (bytes) => {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let step = 0;
  for (; bytes >= 1000 && step < units.length - 1; step++) bytes /= 1000;
  return new Intl.NumberFormat(language(), { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long",
    maximumFractionDigits: step > 1 && bytes < 10 ? 1 : 0 }).format(bytes);
};

export const percent = (share) =>
  new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 0 }).format(share);

export const clock = (seconds) => {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

// '2 h', '35 min', '6 days': how long until something.
export const span = (seconds) => {
  const [count, unit] = seconds >= 48 * 3600 ? [seconds / 86400, "day"] : seconds >= 3570 ? [seconds / 3600, "hour"]
    : [Math.max(1, seconds / 60), "minute"];
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 })
    .format(count);
};

// Asks the studio; gives the JSON of its answer, null where there is none. Throws an Error whose message is a sentence.
export const ask = async (t, method, path, values) => {
  let response;
  try {
    response = await fetch(`/studio${path}`, { method, body: values === undefined ? undefined : JSON.stringify(values),
      headers: values === undefined ? {} : { "Content-Type": "application/json" } });
  } catch {
    throw new Error(t("unreachable"));
  }
  if (!response.ok) throw refusal(await sentenceOf(t, response), response.status);
  return response.status === 204 ? null : response.json();
};

// isFinal: the same file will be refused again.
export const refusal = (sentence, status) => Object.assign(new Error(sentence), { isFinal: [400, 413, 415].includes(status) });

const sentenceOf = async (t, response) => {
  try {
    return told((await response.json()).error) ?? t("refused", { status: response.status });
  } catch {
    return t("refused", { status: response.status });
  }
};

export const pictureOf = (id, of, at, width) =>
  `/studio/items/${id}/picture?of=${of}&at=${at.toFixed(3)}&width=${width}`;
