// For OBS: only the person, transparent all around. Nothing, once the connection is lost.

import { Preview } from "/static/preview.js";

const asked = new URLSearchParams(location.search);
const address = new URL(`ws://${location.host}/ws/source`);
for (const name of ["key", "width"]) if (asked.has(name)) address.searchParams.set(name, asked.get(name));
const person = document.getElementById("person");
const preview = new Preview(address, { person }, () => {}, () => preview.clear("person"));
preview.see("person");
