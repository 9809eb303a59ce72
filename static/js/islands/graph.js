// A drawn flow: larger and smaller, moved by dragging, walked by arrow keys, and the state of each step as it changes.
const STEP = 1.25;
const LEAST = 0.1;
const READABLE = 0.68;
const MOST = 3;
const ARROWS = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };

export default function graph(root) {
  const body = root.querySelector("[data-graph]");
  let zoom = 0;
  let states = null; // as the server drew them
  const svg = () => body.querySelector("svg.graph");
  const nodes = () => [...body.querySelectorAll(".node")];

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) scale(button.dataset.zoom);
  });
  body.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    const arrow = ARROWS[event.key];
    const node = event.target.closest(".node");
    if (by) scale(by);
    else if (arrow && node) nearest(node, arrow)?.focus();
    else return;
    event.preventDefault();
  });
  body.addEventListener("focusin", (event) => roving(event.target.closest(".node")));
  body.addEventListener("dragstart", (event) => event.preventDefault());
  body.addEventListener("pointerdown", drag);
  document.addEventListener("graph:drawn", (event) => { if (body.contains(event.target) || event.target === body) settle(); });
  document.addEventListener("graph:states", (event) => { states = event.detail; paint(); });
  settle();

  function settle() {
    if (!svg() || !body.clientWidth) return;
    if (!zoom) zoom = Math.min(1, Math.max(body.clientWidth / size(svg())[0], READABLE));
    resize();
    roving(body.querySelector(".node[aria-current]") ?? body.querySelector(".node"));
    paint();
    reveal();
  }

  function scale(how) {
    const drawing = svg();
    if (!drawing) return;
    const [width, height] = size(drawing);
    zoom ||= 1;
    const [x, y] = [(body.scrollLeft + body.clientWidth / 2) / drawing.clientWidth, (body.scrollTop + body.clientHeight / 2) / drawing.clientHeight];
    const fit = Math.min(1, body.clientWidth / width, Math.max(body.clientHeight / height, 0.4));
    zoom = { in: zoom * STEP, out: zoom / STEP, fit }[how];
    zoom = Math.min(Math.max(zoom, LEAST), MOST);
    resize();
    body.scrollTo(x * drawing.clientWidth - body.clientWidth / 2, y * drawing.clientHeight - body.clientHeight / 2);
    if (how === "fit") reveal();
  }

  function size(drawing) {
    return drawing.getAttribute("viewBox").split(" ").slice(2).map(Number);
  }

  function resize() {
    const [width, height] = size(svg());
    svg().setAttribute("width", Math.round(width * zoom));
    svg().setAttribute("height", Math.round(height * zoom));
  }

  // The chosen step comes into view; without one, the beginning.
  function reveal() {
    const chosen = body.querySelector(".node[aria-current]");
    if (!body.clientWidth) return;
    if (!chosen) return body.scrollTo((body.scrollWidth - body.clientWidth) / 2, 0);
    const [inner, outer] = [chosen.getBoundingClientRect(), body.getBoundingClientRect()];
    const seen = inner.top >= outer.top && inner.bottom <= outer.bottom && inner.left >= outer.left && inner.right <= outer.right;
    if (!seen) body.scrollBy(inner.left + inner.width / 2 - outer.left - outer.width / 2, inner.top + inner.height / 2 - outer.top - outer.height / 2);
  }

  // One of the steps is in the tab order, the arrows lead to the others.
  function roving(current) {
    if (!current) return;
    nodes().forEach((node) => node.setAttribute("tabindex", node === current ? "0" : "-1"));
  }

  // The nearest step in a direction; what is straight ahead counts as nearer than what is aside.
  function nearest(from, [right, down]) {
    const middle = (node) => { const box = node.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; };
    const [x, y] = middle(from);
    let [found, least] = [null, Infinity];
    for (const node of nodes()) {
      const [dx, dy] = [middle(node)[0] - x, middle(node)[1] - y];
      const [ahead, aside] = right ? [dx * right, Math.abs(dy)] : [dy * down, Math.abs(dx)];
      if (ahead > 4 && aside <= 4 * ahead && ahead + 2 * aside < least) [found, least] = [node, ahead + 2 * aside];
    }
    return found;
  }

  function drag(event) {
    if (event.pointerType !== "mouse" || event.button || event.target.closest("a")) return;
    const [x, y, left, top] = [event.clientX, event.clientY, body.scrollLeft, body.scrollTop];
    const move = (to) => body.scrollTo(left + x - to.clientX, top + y - to.clientY);
    const end = () => { body.classList.remove("dragging"); window.removeEventListener("pointermove", move); };
    body.classList.add("dragging");
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end, { once: true });
  }

  function paint() {
    if (states) for (const node of nodes()) {
      const ran = states[node.dataset.id];
      if (!node.querySelector(".node-state") || (!ran && !node.classList.contains("ran"))) continue;
      node.setAttribute("class", `${node.getAttribute("class").replace(/ ran state-\w+/, "")}${ran ? ` ran state-${ran.state}` : ""}`);
      node.querySelector(".node-state").textContent = ran ? `${ran.glyph}${ran.count > 1 ? ran.count : ""}` : "";
      if (ran?.href) node.setAttribute("href", ran.href);
    }
  }
}
