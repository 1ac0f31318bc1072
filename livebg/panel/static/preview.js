// The one WebSocket of the page: moving pictures onto canvases, each acknowledged once it is drawn, and the status.

const KINDS = ["composite", "matte", "camera", "person"];
const HEAD = 12; // bytes ahead of each picture: kind, run, sequence, age
const RETRY_MS = 800;

export class Preview {
  // canvases: {kind: canvas}; onStatus(status, age), onLost() while there is no connection.
  constructor(address, canvases, onStatus = () => {}, onLost = () => {}) {
    this.address = address;
    this.canvases = canvases;
    this.onStatus = onStatus;
    this.onLost = onLost;
    this.wanted = new Set();
    this.counts = {};
    this.drawn = 0; // when the last picture came, ms
    this.connect();
    document.addEventListener("visibilitychange", () => this.tellWanted());
  }

  connect() {
    this.socket = new WebSocket(this.address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.tellWanted();
    this.socket.onclose = () => {
      this.onLost();
      setTimeout(() => this.connect(), RETRY_MS);
    };
    this.socket.onmessage = (message) => {
      if (typeof message.data === "string") {
        const said = JSON.parse(message.data);
        this.onStatus(said.status, said.age);
      } else this.draw(message.data);
    };
  }

  // Which kinds to show from now on; nothing comes while the page is hidden.
  see(...kinds) {
    this.wanted = new Set(kinds);
    this.tellWanted();
  }

  tellWanted() {
    this.send({ see: document.hidden ? [] : [...this.wanted] });
  }

  send(said) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(said));
  }

  async draw(data) {
    const kind = KINDS[new DataView(data).getUint8(0)];
    const canvas = this.canvases[kind];
    try {
      const picture = await createImageBitmap(new Blob([new Uint8Array(data, HEAD)]));
      if (canvas && this.wanted.has(kind)) {
        if (canvas.width !== picture.width || canvas.height !== picture.height) {
          canvas.width = picture.width;
          canvas.height = picture.height;
        }
        const context = canvas.getContext("2d");
        context.clearRect(0, 0, canvas.width, canvas.height);
        context.drawImage(picture, 0, 0);
        this.drawn = performance.now();
        this.counts[kind] = (this.counts[kind] ?? 0) + 1;
        canvas.dataset.frames = this.counts[kind];
      }
      picture.close();
    } finally {
      this.send({ ack: kind });
    }
  }

  // Leaves nothing of what a canvas showed.
  clear(kind) {
    const canvas = this.canvases[kind];
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
}
