// For OBS: only the person, transparent all around. Nothing, once pictures come no more.

import { Preview } from "/static/preview.js";

const STALE_MS = 2500; // livebg holds a picture for two seconds, then gives those of nobody

const asked = new URLSearchParams(location.search);
const address = new URL(`ws://${location.host}/ws/source`);
for (const name of ["key", "width"]) if (asked.has(name)) address.searchParams.set(name, asked.get(name));
const person = document.getElementById("person");
const preview = new Preview(address, { person }, () => {}, () => preview.clear("person"));
preview.see("person");
setInterval(() => {
  if (performance.now() - preview.drawn > STALE_MS) preview.clear("person");
}, 250);
