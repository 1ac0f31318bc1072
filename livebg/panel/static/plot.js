// Two lines over the last two minutes: frames a second, and the age of the picture.

const SPAN_S = 120;

export class Plot {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = [];
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  add(fps, age) {
    const now = performance.now() / 1000;
    this.points.push({ at: now, fps, age });
    while (this.points[0].at < now - SPAN_S) this.points.shift();
    this.draw();
  }

  draw() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width) return;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    context.strokeStyle = style.getPropertyValue("--line");
    for (const part of [0.02, 0.34, 0.66, 0.98]) {
      context.beginPath();
      context.moveTo(0, Math.round(height * part) + 0.5);
      context.lineTo(width, Math.round(height * part) + 0.5);
      context.stroke();
    }
    const most = (name, least) => Math.max(least, ...this.points.map((each) => each[name])) * 1.15;
    this.line(context, "fps", most("fps", 30), style.getPropertyValue("--plot-a"), width, height);
    this.line(context, "age", most("age", 60), style.getPropertyValue("--plot-b"), width, height);
  }

  line(context, name, most, colour, width, height) {
    const now = performance.now() / 1000;
    context.strokeStyle = colour;
    context.lineWidth = 1.8;
    context.lineJoin = "round";
    context.beginPath();
    this.points.forEach((each, index) => {
      const x = width * (1 - (now - each.at) / SPAN_S);
      const y = height * (0.98 - (0.96 * each[name]) / most);
      if (index) context.lineTo(x, y);
      else context.moveTo(x, y);
    });
    context.stroke();
  }
}
