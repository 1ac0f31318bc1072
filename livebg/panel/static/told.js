// The server's sentences in the user's language. said.LANGUAGE.json has each that the page shows: {} stands for what
// changes, such as a name, or for another sentence. What the system itself says, and unknown sentences, stay as they are.

const LONGEST = 1000;
const CUTS = [/^(.+?)(; )(.+)()$/s, /^(.+?)( \()(.+)(\))$/s, /^(.+?)(: )(.+)()$/s];
let known = [];

export function learn(words) {
  known = Object.entries(words).filter(([key]) => key.startsWith("said.")).map(([key, own]) => {
    const parts = key.slice("said.".length).split("{}");
    const pattern = parts.map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.*?)");
    return { own, pattern: new RegExp(`^${pattern}$`, "s"), length: parts.join("").length };
  }).sort((one, other) => other.length - one.length); // what says more fits better
}

export function told(text) {
  if (!text || text.length > LONGEST) return text;
  for (const { own, pattern } of known) {
    const [whole, ...places] = pattern.exec(text) ?? [];
    if (whole !== undefined) return own.replace(/\{\}/g, () => told(places.shift()));
  }
  for (const cut of CUTS) {
    const [, before, sign, after, end] = cut.exec(text) ?? [];
    if (before) return told(before) + sign + told(after) + end;
  }
  return text;
}
