// The graph in the editor: one more view of the draft, drawn by the server when it is looked at.
import { choose, facts, listen, notice, root, send } from "./editor-session.js";

const KEPT = "editor:view";

export default function editorGraph(pane) {
  const body = pane.querySelector("#graph");
  const same = (path, other) => JSON.stringify(path) === JSON.stringify(other);

  pane.querySelector(".views").addEventListener("click", (event) => {
    const link = event.target.closest("[data-view]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(link.dataset.view);
  });
  pane.querySelector("[data-add-after]").addEventListener("click", () => document.dispatchEvent(new CustomEvent("editor:add-after")));
  body.addEventListener("click", (event) => {
    const [node, fold] = [event.target.closest(".node"), event.target.closest(".fold")];
    if (event.ctrlKey || event.metaKey || !(node || fold)) return;
    event.preventDefault();
    if (fold) return turn(fold);
    choose(JSON.parse(node.dataset.path)).then(() => { if (getComputedStyle(root).getPropertyValue("--phone")) root.querySelector('[data-show="form"]').click(); });
  });
  body.addEventListener("keydown", (event) => {
    const [node, fold] = [event.target.closest(".node"), event.target.closest(".fold")];
    if (fold && event.key === " ") { event.preventDefault(); turn(fold); }
    if (node && event.key === "Delete") send({ do: "remove", path: JSON.parse(node.dataset.path) }).then(() => notice("Removed. Ctrl-Z brings it back."));
  });
  listen((answer) => {
    const held = document.activeElement?.closest("#graph .node, #graph .fold");
    if (answer.graph) body.innerHTML = answer.graph;
    mark();
    if (answer.graph) {
      body.dispatchEvent(new CustomEvent("graph:drawn", { bubbles: true }));
      if (held) again(held)?.focus({ preventScroll: true });
    }
    body.inert = !facts.readable;
  });
  if (sessionStorage.getItem(KEPT) === "graph" && !new URLSearchParams(window.location.search).has("view")) show("graph");

  // The same place, drawn anew; after a removal the step that is chosen now.
  function again(held) {
    const key = held.dataset.fold ?? held.dataset.path;
    const places = [...body.querySelectorAll(held.matches(".fold") ? ".fold" : ".node")];
    return places.find((one) => (one.dataset.fold ?? one.dataset.path) === key) ?? body.querySelector(".node[aria-current]");
  }

  function mark() {
    for (const node of body.querySelectorAll(".node")) {
      if (same(JSON.parse(node.dataset.path), facts.chosen)) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  }

  function show(view) {
    sessionStorage.setItem(KEPT, view);
    root.dataset.view = view;
    facts.look.view = view;
    pane.querySelectorAll(".views a").forEach((link) => (link.dataset.view === view ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    pane.querySelector("#outline [aria-current]")?.scrollIntoView({ block: "nearest" });
    if (view === "graph") choose(facts.chosen).then(() => body.dispatchEvent(new CustomEvent("graph:drawn", { bubbles: true })));
  }

  function turn(fold) {
    const path = JSON.parse(fold.dataset.fold);
    const [to, from] = fold.getAttribute("aria-expanded") === "true" ? ["closed", "opened"] : ["opened", "closed"];
    facts.look[from] = facts.look[from].filter((one) => !same(one, path));
    facts.look[to].push(path);
    choose(facts.chosen);
  }
}
