// Outputs on and off, the recording with its time, size and level, and the address for OBS.

import { act, at, bytes, el, icon, mistake, t, time, toast, tOr } from "/static/page.js";

const QUIETEST_DB = -60;

export class Outputs {
  constructor() {
    this.shown = "";
    this.taping = null;
    at("output-add").addEventListener("submit", (event) => {
      event.preventDefault();
      const where = at("output-where").value.trim();
      if (where) this.switch(where, true).then((is) => is && (at("output-where").value = ""));
    });
    at("obs-copy").addEventListener("click", async () => {
      at("obs").select();
      try {
        await navigator.clipboard.writeText(at("obs").value);
        toast(t("copied"));
      } catch {
        document.execCommand("copy");
      }
    });
  }

  async switch(where, isOn) {
    try {
      await act(isOn ? "output-on" : "output-off", where);
      mistake(at("outputs-mistake"));
      return true;
    } catch (failure) {
      mistake(at("outputs-mistake"), failure.message);
      this.shown = "";
      return false;
    }
  }

  // live: the live loop's status, null where there is none.
  show(live) {
    const switches = (live?.can_switch ?? []).filter((each) => each.where !== "none");
    const key = JSON.stringify([switches, document.documentElement.lang]);
    if (key !== this.shown) {
      this.shown = key;
      at("outputs").replaceChildren(...switches.map((each, index) => this.output(each, index)));
    }
    at("output-where").disabled = at("output-add").querySelector("button").disabled = !live;
    this.tape(live);
  }

  output({ where, is_on: isOn }, index) {
    const kind = where.startsWith("virtual-camera") ? "virtual-camera" : where;
    const box = el("input", { type: "checkbox", role: "switch", class: "switch", id: `output-${index}`,
      onchange: () => this.switch(where, box.checked) });
    box.checked = isOn;
    const name = tOr(`output.${kind}`, where);
    const what = tOr(`output.${kind}.what`, "");
    return el("div", { class: "output" }, el("label", { for: box.id }, name, what ? el("small", {}, what) : null), box);
  }

  tape(live) {
    const recording = live?.recording ?? null;
    const kind = recording ? "on" : live ? "off" : "none";
    const key = `${kind} ${recording?.is_paused} ${document.documentElement.lang}`;
    if (key !== this.taping) {
      this.taping = key;
      at("record").replaceChildren(...(recording ? this.running(recording) : [this.button("go", "record", t("record"), "record", !live)]));
    }
    if (!recording) return;
    at("tape-time").textContent = time(recording.seconds);
    at("tape-size").textContent = `${bytes(recording.bytes)} · ${recording.file.split(/[\\/]/).pop()}`;
    at("tape-size").title = recording.file;
    const meter = at("level");
    meter.hidden = live.level_db == null;
    if (live.level_db != null) {
      const level = Math.max(0, Math.min(1, 1 - live.level_db / QUIETEST_DB));
      meter.firstChild.style.width = `${Math.round(100 * level)}%`;
      meter.setAttribute("aria-valuenow", Math.round(Math.max(QUIETEST_DB, live.level_db)));
    }
  }

  running(recording) {
    const paused = recording.is_paused;
    const level = el("div", { class: "meter", id: "level", role: "meter", "aria-label": t("record.level"),
      "aria-valuemin": QUIETEST_DB, "aria-valuemax": 0, "aria-valuenow": QUIETEST_DB, hidden: true }, el("i"));
    const about = el("div", { class: "tape" },
      el("p", {}, el("strong", { id: "tape-time" }), el("span", {}, paused ? t("record.paused") : "")),
      el("small", { id: "tape-size" }), level);
    return [
      about,
      this.button("quiet", paused ? "record" : "pause", "", "pause", false, paused ? t("record.go-on") : t("record.pause")),
      this.button("quiet", "stop", "", "record-stop", false, t("record.stop")),
    ];
  }

  button(kind, picture, text, action, isOff, label = text) {
    return el("button", { class: kind, "aria-label": label, title: label, disabled: isOff,
      onclick: () => act(action).catch((failure) => toast(failure.message)) }, icon(picture), text ? el("span", {}, text) : null);
  }
}
