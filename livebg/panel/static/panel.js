// The page: state first, then everything else. Knows the order of things; the other files know how each one works.

import {
  act, at, el, get, hasModifier, isTyping, languages, loadWords, mistake, number, post, say, t, toast,
} from "/static/page.js";
import { Gallery } from "/static/gallery.js";
import { Outputs } from "/static/outputs.js";
import { Plot } from "/static/plot.js";
import { Presets } from "/static/presets.js";
import { Preview } from "/static/preview.js";
import { SettingsCards } from "/static/settings.js";
import { told } from "/static/told.js";

const RENEW_S = 3; // settings that others have changed

const gallery = new Gallery();
const outputs = new Outputs();
const plot = new Plot(at("plot"));
const settings = new SettingsCards(showPending);
const presets = new Presets(() => settings.renew());
let preview = null;
let known = null; // the last status
let run = -1; // the live loop whose settings are shown
let renewed = 0;
let isCameraShown = false;
let about = { source: "", virtual_camera_hint: "", has_studio: false };

function stateOf(status) {
  if (status.process === "running") return status.live.state;
  return status.process;
}

function why(status) {
  const live = status.live;
  if (live) return told(live.why);
  return status.process === "starting" ? t("starting.why") : "";
}

function showState(status, age) {
  const state = stateOf(status);
  at("state").dataset.state = state;
  say(at("state-word"), t(`state.${state}`));
  say(at("state-why"), why(status));
  showFacts(status.live, age);
  const error = told(status.live?.last_error ?? "");
  const [what, ...mend] = error.split("; ");
  at("fault").hidden = !error;
  say(at("fault-what"), what + (mend.length ? "." : ""));
  say(at("fault-mend"), mend.join("; ").replace(/^./, (first) => first.toUpperCase()));
}

function showFacts(live, age) {
  const facts = !live ? [] : [
    [t("fact.fps"), `${number(live.fps, 1)}`],
    [t("fact.age"), `${number(age?.p50 ?? live.latency_ms)} ms`],
    [t("fact.engine"), live.engine.split(/[ :]/)[0] || "–", live.engine, told(live.engine_reason)],
    [t("fact.watchers"), live.watchers?.length ? live.watchers.join(", ") : t("fact.nobody")],
  ];
  const made = facts.map(([name, value, title, reason]) => el("div", { title }, el("dt", {}, name),
    el("dd", { title: title || value }, value, reason ? el("small", {}, ` ${reason}`) : null)));
  at("facts").replaceChildren(...made);
  if (live && live.state === "live") plot.add(live.fps, age?.p50 ?? live.latency_ms);
  const numbers = !live ? [] : [
    ["a", t("number.fps"), number(live.fps, 1)],
    ["b", t("number.age"), age ? `${number(age.p50)} / ${number(age.p95)} ms` : "–"],
    ["", t("number.live-age"), `${number(live.latency_ms)}${live.age_p95_ms ? ` / ${number(live.age_p95_ms)}` : ""} ms`],
    ["", t("number.camera"), [live.camera, live.size].filter(Boolean).join(", ") || "–"],
  ];
  at("numbers").replaceChildren(...numbers.map(([kind, name, value]) =>
    el("div", { class: kind }, el("dt", {}, kind ? el("i") : null, name), el("dd", {}, value))));
}

function showAway(status) {
  const live = status.live;
  at("away").hidden = Boolean(live);
  if (!live) for (const each of ["composite", "matte"]) preview?.clear(each); // what they showed is over
  at("start").hidden = status.process === "starting" || status.process === "gone";
  say(at("away-title"), t(`away.${status.process}`));
  say(at("away-text"), status.process === "starting" ? t("starting.why") : t(`away.${status.process}.what`));
  at("says").hidden = !status.says?.length;
  const text = (status.says ?? []).map(told).join("\n");
  say(at("says"), text);
}

function showButtons(status) {
  const live = status.live;
  const isHidden = live?.state === "hidden";
  const hide = at("hide");
  hide.disabled = !live;
  hide.setAttribute("aria-pressed", String(isHidden));
  hide.querySelector("use").setAttribute("href", isHidden ? "#i-eye" : "#i-eye-off");
  say(hide.querySelector("span"), isHidden ? t("show") : t("hide"));
  at("stage").classList.toggle("is-hidden", isHidden);
  at("badge").hidden = !isHidden;
  say(at("power").querySelector("span"), live ? t("stop") : t("start"));
  at("power").disabled = status.process === "gone" || status.process === "starting";
  at("camera-show").disabled = !live || isHidden;
  if ((isHidden || !live) && isCameraShown) showCamera(false);
}

function onStatus(status, age) {
  if (!status) return;
  known = status;
  showState(status, age);
  showAway(status);
  showButtons(status);
  outputs.show(status.live);
  presets.show(status.live);
  const isVirtual = status.live?.can_switch?.some((each) => each.is_on && each.where.startsWith("virtual-camera"));
  at("no-camera").hidden = !about.virtual_camera_hint || Boolean(isVirtual);
  if (status.live) {
    gallery.show(status.live.background);
    if (status.run !== run) loadSettings(status.run);
    else if (performance.now() / 1000 - renewed > RENEW_S) {
      renewed = performance.now() / 1000;
      settings.renew().catch(() => {});
    }
  }
}

async function loadSettings(ofRun) {
  run = ofRun;
  try {
    await settings.load();
    await gallery.load();
    await presets.load();
    showPending(settings.pending);
  } catch {
    run = -1; // the next status tries again
  }
}

function onLost() {
  showCamera(false);
  const process = known?.process === "gone" ? "gone" : "connecting";
  get("/api/panel").then(() => {}, () => {
    onStatus({ process: "gone", live: null, says: [], run: -1 });
  });
  if (process === "connecting") at("state").dataset.state = "connecting";
}

function showCamera(isShown) {
  isCameraShown = isShown;
  at("camera").hidden = at("camera-hide").hidden = !isShown;
  at("camera-show").hidden = isShown;
  preview?.clear("camera"); // there is none yet where a tab is chosen at once
  see();
}

function see() {
  const isLive = !at("live").hidden;
  preview?.see(...(isLive ? ["composite", "matte", ...(isCameraShown ? ["camera"] : [])] : ["status"]));
}

function showPending(pending) {
  at("pending").hidden = !pending.size;
  const isOurs = known?.is_ours ?? true;
  at("restart").hidden = !isOurs;
  say(at("pending-text"), t(isOurs ? "pending" : "pending.elsewhere", { what: settings.names() }));
}

async function toggleHide() {
  if (!known?.live) return;
  try {
    const live = await act(known.live.state === "hidden" ? "show" : "hide");
    onStatus({ ...known, live });
  } catch (failure) {
    toast(failure.message);
  }
}

async function power() {
  at("power").disabled = at("start").disabled = true;
  try {
    await post(known?.live ? "/api/stop" : "/api/start");
  } catch (failure) {
    toast(failure.message);
  }
  at("power").disabled = at("start").disabled = false;
}

function chooseTab(name) {
  for (const each of ["live", "studio"]) {
    at(each).hidden = each !== name;
    at(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    at(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  history.replaceState(null, "", name === "studio" ? "#studio" : location.pathname); // a reload stays here
  if (name === "studio") showCamera(false);
  else see();
}

let mounted = "";

async function mountStudio(words) {
  at("tab-studio").hidden = !about.has_studio;
  if (!about.has_studio || mounted === document.documentElement.lang) return;
  mounted = document.documentElement.lang;
  if (!document.querySelector('link[href="/static/studio.css"]')) {
    document.head.append(el("link", { rel: "stylesheet", href: "/static/studio.css" }));
  }
  const { mount } = await import("/static/studio.js");
  at("studio").replaceChildren();
  mount(at("studio"), words);
}

async function speak(language) {
  const words = await loadWords(language);
  at("language").value = language;
  localStorage.setItem("language", language);
  await mountStudio(words);
  if (known?.live) await loadSettings(run);
  say(at("no-camera-why"), told(about.virtual_camera_hint));
  if (known) onStatus(known);
}

function listen() {
  at("hide").addEventListener("click", toggleHide);
  at("power").addEventListener("click", power);
  at("start").addEventListener("click", power);
  at("camera-show").addEventListener("click", () => showCamera(true));
  at("camera-hide").addEventListener("click", () => showCamera(false));
  at("language").addEventListener("change", (event) => speak(event.target.value));
  at("discard").addEventListener("click", () => settings.discard());
  at("restart").addEventListener("click", () =>
    settings.restart().then(() => mistake(at("restart-mistake")), (failure) => mistake(at("restart-mistake"), failure.message)));
  for (const each of ["live", "studio"]) at(`tab-${each}`).addEventListener("click", () => chooseTab(each));
  at("tabs").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = at("live").hidden ? "live" : "studio";
    if (at(`tab-${other}`).hidden) return;
    chooseTab(other);
    at(`tab-${other}`).focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "x" && !isTyping(event) && !hasModifier(event)) toggleHide();
  });
}

async function begin() {
  about = await get("/api/panel");
  const own = localStorage.getItem("language") ?? navigator.language.slice(0, 2);
  listen();
  const canvases = { composite: at("composite"), matte: at("matte"), camera: at("camera") };
  await speak(languages.includes(own) ? own : "en");
  at("obs").value = about.source;
  preview = new Preview(`ws://${location.host}/ws`, canvases, onStatus, onLost);
  if (location.hash === "#studio" && about.has_studio) chooseTab("studio");
  else see();
}

begin().catch((failure) => toast(failure.message));
