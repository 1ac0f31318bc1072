// Before and after, one over the other, with a slider between them: a photo, or a film at any moment, also while it plays.

import { button, clock, element, icon, iconButton, pictureOf } from "./studio-parts.js";
import { told } from "./told.js";

const WIDTH = 1280;
const NEAR_S = 0.03; // videos so near to each other count as in step
const FAR_S = 0.3;

export const openCompare = (t, item) => {
  const stage = new Stage(t, item);
  const title = element("h2", { id: "studio-compare-title", text: item.name });
  const close = iconButton(t("close"), "cancel", () => dialog.close());
  const download = element("a", { class: "studio-button studio-button-first", href: `/studio/items/${item.id}/result`,
    download: item.result.name }, icon("download"), element("span", { text: t("download") }));
  const dialog = element("dialog", { class: "studio-compare", "aria-labelledby": "studio-compare-title" },
    element("header", {}, title, close), stage.element, element("footer", {}, stage.controls, download));
  dialog.addEventListener("close", () => {
    stage.end();
    dialog.remove();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  stage.slider.focus({ focusVisible: false });
  return dialog;
};

class Stage {
  constructor(t, item) {
    Object.assign(this, { t, item, at: 0, isPlaying: false, isEnded: false });
    this.isVideo = item.kind === "video";
    this.slider = element("input", { type: "range", min: 0, max: 100, step: 0.5, value: 50, class: "studio-split",
      "aria-label": t("split"), oninput: () => this.split() });
    this.before = element("div", { class: "studio-layer" });
    this.after = element("div", { class: `studio-layer studio-after ${item.result.has_alpha ? "studio-checkered" : ""}` });
    this.message = element("p", { class: "studio-stage-message", role: "status" });
    this.element = element("div", { class: "studio-stage" }, this.before, this.after,
      element("span", { class: "studio-tag studio-tag-before", text: t("before") }),
      element("span", { class: "studio-tag studio-tag-after", text: t("after") }), this.slider,
      element("span", { class: "studio-handle", "aria-hidden": "true" }), this.message);
    this.element.style.aspectRatio = `${item.width} / ${item.height}`;
    this.element.style.setProperty("--shape", item.width / item.height);
    this.split();
    this.controls = element("div", { class: "studio-time" });
    if (this.isVideo && this.canPlay()) this.showVideos();
    else this.showPictures();
    if (this.isVideo) this.addTime();
  }

  split() {
    this.element.style.setProperty("--split", `${this.slider.value}%`);
  }

  canPlay() {
    const probe = document.createElement("video");
    const { original_type: before, type: after } = this.item.result;
    return Boolean(before && after && probe.canPlayType(before) && probe.canPlayType(after));
  }

  showVideos() {
    const video = (path, alt) => element("video", { src: `/studio/items/${this.item.id}/${path}`, preload: "auto",
      playsinline: true, "aria-label": alt, onerror: () => this.showPictures() });
    const [before, after] = [video("original", this.t("before")), video("result", this.t("after"))];
    for (const each of [before, after]) each.muted = true;
    before.addEventListener("ended", () => this.pause());
    this.videos = [before, after];
    this.before.replaceChildren(before);
    this.after.replaceChildren(after);
  }

  // Pictures that the studio made: for photos, and for films that this browser cannot play.
  showPictures() {
    if (this.isEnded || this.pictures) return;
    this.pause();
    this.videos = null;
    if (this.playButton) this.playButton.hidden = true;
    this.pictures = ["before", "after"].map((each) => element("img", { alt: this.t(each), draggable: "false" }));
    this.before.replaceChildren(this.pictures[0]);
    this.after.replaceChildren(this.pictures[1]);
    this.draw();
  }

  // The newest wish wins: while one pair comes, only the last of the times asked for waits.
  async draw() {
    if (this.isDrawing) {
      this.isStale = true;
      return;
    }
    this.isDrawing = true;
    const at = this.at;
    try {
      const urls = await Promise.all(["before", "after"].map((each) => this.fetched(each, at)));
      this.pictures.forEach((picture, index) => {
        const old = picture.src;
        picture.src = urls[index];
        if (old) URL.revokeObjectURL(old);
      });
      this.message.textContent = "";
    } catch (failure) {
      this.message.textContent = failure.message;
    }
    this.isDrawing = false;
    if (this.isStale && !this.isEnded) {
      this.isStale = false;
      this.draw();
    }
  }

  async fetched(of, at) {
    const response = await fetch(pictureOf(this.item.id, of, at, WIDTH));
    if (!response.ok) throw new Error(told((await response.json().catch(() => ({}))).error) ?? this.t("no-picture"));
    return URL.createObjectURL(await response.blob());
  }

  addTime() {
    const last = Math.max(0.001, this.item.seconds);
    this.clock = element("output", { class: "studio-clock" });
    this.timeSlider = element("input", { type: "range", min: 0, max: last, step: "any", value: 0,
      "aria-label": this.t("time"), oninput: () => this.seek(Number(this.timeSlider.value)) });
    this.timeSlider.addEventListener("keydown", (event) => this.stepBy(event, last));
    this.playButton = button(this.t("play"), "play", () => (this.isPlaying ? this.pause() : this.play()),
      { hidden: !this.videos });
    this.controls.append(this.playButton, this.timeSlider, this.clock);
    this.seek(0);
  }

  stepBy(event, last) {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.seek(Math.min(last, Math.max(0, this.at + step * Math.max(0.04, last / 200))));
  }

  seek(at) {
    this.at = at;
    this.showTime();
    if (this.videos) for (const each of this.videos) each.currentTime = at;
    else if (this.pictures) this.draw();
  }

  showTime() {
    this.timeSlider.value = this.at;
    this.timeSlider.setAttribute("aria-valuetext", clock(this.at));
    this.clock.textContent = `${clock(this.at)} / ${clock(this.item.seconds)}`;
  }

  async play() {
    if (this.videos[0].ended) this.seek(0);
    this.isPlaying = true;
    this.label("pause");
    try {
      await Promise.all(this.videos.map((each) => each.play()));
      this.follow();
    } catch {
      this.showPictures();
    }
  }

  pause() {
    this.isPlaying = false;
    if (!this.videos) return;
    for (const each of this.videos) each.pause();
    if (this.videos[1].readyState > 1) this.videos[1].currentTime = this.videos[0].currentTime;
    if (this.playButton) this.label("play");
  }

  label(word) {
    this.playButton.replaceChildren(icon(word), element("span", { text: this.t(word) }));
  }

  // Keeps the second film in step with the first.
  follow() {
    if (!this.isPlaying || this.isEnded || !this.videos) return;
    const [before, after] = this.videos;
    const ahead = before.currentTime - after.currentTime;
    if (Math.abs(ahead) > FAR_S) after.currentTime = before.currentTime;
    after.playbackRate = Math.abs(ahead) > NEAR_S ? 1 + Math.sign(ahead) * 0.06 : 1;
    this.at = before.currentTime;
    this.showTime();
    requestAnimationFrame(() => this.follow());
  }

  end() {
    this.isEnded = true;
    this.isPlaying = false;
    for (const each of this.videos ?? []) {
      each.pause();
      each.removeAttribute("src");
      each.load();
    }
    for (const each of this.pictures ?? []) if (each.src) URL.revokeObjectURL(each.src);
  }
}
