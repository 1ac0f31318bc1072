// Uploads: files wait here, in the page, and go up two at a time; each as one request with the file as its body.

import { ask, refusal } from "./studio-parts.js";
import { told } from "./told.js";

const AT_ONCE = 2;

export class Uploader {
  // changed(): an entry changed. wish(): what is to become of the next file. limits(): of the studio's state.
  constructor(t, changed, wish, limits) {
    Object.assign(this, { t, changed, wish, limits, entries: [], next: 1 });
    window.addEventListener("beforeunload", (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  get isBusy() {
    return this.entries.some((each) => each.state === "queued" || each.state === "sending");
  }

  add(files, isBackground = false) {
    const wish = this.wish();
    const added = [...files].map((file) => ({ key: `upload-${this.next++}`, file, name: file.name, wish, isBackground,
      state: "queued", sent: 0, error: "", began: 0 }));
    this.entries.push(...added);
    for (const each of added) {
      const { largest, most, count } = this.limits();
      if (each.file.size > largest) this.fail(each, this.t("too-large", { limit: largest / 2 ** 30 }));
      else if (each.file.size === 0) this.fail(each, this.t("empty"), true);
      else if (count + this.waiting() > most) this.fail(each, this.t("too-many", { most }));
    }
    this.changed();
    this.go();
    return added;
  }

  waiting() {
    return this.entries.filter((each) => each.state !== "failed").length;
  }

  go() {
    const busy = this.entries.filter((each) => each.state === "sending").length;
    const queued = this.entries.filter((each) => each.state === "queued");
    for (const each of queued.slice(0, Math.max(0, AT_ONCE - busy))) this.send(each);
  }

  async send(entry) {
    entry.state = "sending";
    entry.began = performance.now();
    try {
      const { id } = await ask(this.t, "POST", "/uploads", { name: entry.name, bytes: entry.file.size, wish: entry.wish,
        is_background: entry.isBackground });
      entry.id = id;
      if (entry.isGone) await ask(this.t, "DELETE", `/uploads/${id}`);
      else entry.itemId = (await this.put(entry)).id;
      this.drop(entry);
      entry.whenDone?.(entry.itemId);
    } catch (failure) {
      if (!entry.isGone) this.fail(entry, failure.message, failure.isFinal);
    }
    this.changed();
    this.go();
  }

  // XMLHttpRequest, because fetch tells no progress of what it sends.
  put(entry) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      entry.request = request;
      request.open("PUT", `/studio/uploads/${entry.id}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => {
        entry.sent = event.loaded;
        this.changed();
      };
      request.onload = () => {
        let answer = {};
        try {
          answer = JSON.parse(request.responseText);
        } catch { /* a proxy's page */ }
        if (request.status === 201) resolve(answer);
        else reject(refusal(told(answer.error) ?? this.t("refused", { status: request.status }), request.status));
      };
      request.onerror = () => reject(new Error(this.t("broken-off")));
      request.onabort = () => reject(new Error(this.t("cancelled")));
      request.send(entry.file);
    });
  }

  // isFinal: there is no use in trying again.
  fail(entry, error, isFinal = false) {
    Object.assign(entry, { state: "failed", error, isFinal, request: null });
  }

  retry(entry) {
    Object.assign(entry, { state: "queued", error: "", sent: 0, id: null, wish: this.wish() });
    this.changed();
    this.go();
  }

  // Ends it, whatever its state; nothing of it stays.
  drop(entry) {
    entry.isGone = true;
    this.entries = this.entries.filter((each) => each !== entry);
    entry.request?.abort();
    this.changed();
  }
}

// The files of a drop, those in dropped folders, too.
export const droppedFiles = async (transfer) => {
  const entries = [...transfer.items].map((each) => each.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
};

const filesOf = async (entry) => {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some.filter((each) => !each.name.startsWith(".")));
  }
  return (await Promise.all(found.map(filesOf))).flat();
};
