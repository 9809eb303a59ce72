// Finds by keyboard: "/" goes to the search, the arrows go through what was found, Escape goes back.
const HELD = "[aria-label='Results'] a";

export default function reference(form) {
  const box = form.querySelector("input[type=search]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !document.contains(box)) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing) return go(event, box);
    const links = [...document.querySelectorAll(HELD)];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && (event.target === box || at >= 0)) return go(event, links[at + 1]);
    if (event.key === "ArrowUp" && at >= 0) return go(event, links[at - 1] || box);
    if (event.key === "Escape" && at >= 0) return go(event, box);
  });
}

function go(event, element) {
  if (!element) return;
  event.preventDefault();
  element.focus();
  if (element.select) element.select();
}
