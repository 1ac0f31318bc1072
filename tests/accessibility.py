"""What makes a page hard to use, asked in the browser: each script gives the elements at fault, as texts."""

# WCAG 1.4.3: each text's colour against what lies under it, unless a picture does.
FAINT = """() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const linear = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const under = (each) => {
    for (; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.backgroundImage !== "none") return null;
      const [r, g, b, a = 1] = parts(style.backgroundColor);
      if (a > 0.9) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const hasText = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const isSeen = (each) => each.checkVisibility({visibilityProperty: true});
  const shown = [...document.querySelectorAll("body *")].filter((each) => isSeen(each) && hasText(each));
  return shown.filter((each) => !each.closest(":disabled")).flatMap((each) => {
    const below = under(each);
    if (!below) return [];
    const [a, b] = [light(parts(getComputedStyle(each).color)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio < 4.5 ? [`${each.tagName}.${each.className} "${each.textContent.trim().slice(0, 30)}" ${ratio}`] : [];
  });
}"""

NAMELESS = """() => [...document.querySelectorAll("button, a, input, select, [role=img], [role=tab], [role=meter]")]
  .filter((each) => each.checkVisibility({visibilityProperty: true}))
  .filter((each) => !(each.ariaLabel || each.innerText?.trim() || each.labels?.length))
  .map((each) => each.outerHTML)"""
