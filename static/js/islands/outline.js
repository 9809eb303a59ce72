// The steps pane: choosing by click or arrow keys, moving, removing, and opening the list of what can be added.
import { choose, facts, listen, root, send } from "./editor-session.js";

export default function outline(pane) {
  const body = pane.querySelector("#outline");
  const steps = () => [...body.querySelectorAll(".step")];
  const pathOf = (element) => JSON.parse(element.dataset.path);

  root.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    const detail = add && { kind: add.dataset.add, path: pathOf(add), index: Number(add.dataset.index) };
    if (add) document.dispatchEvent(new CustomEvent("editor:add", { detail }));
  });
  body.addEventListener("click", (event) => {
    const step = event.target.closest(".step");
    if (step) {
      mark(step);
      choose(pathOf(step)).then(() => { if (getComputedStyle(root).getPropertyValue("--phone")) root.querySelector('[data-show="form"]').click(); });
    }
  });

  body.addEventListener("keydown", (event) => {
    const step = event.target.closest(".step");
    if (!step) return;
    const path = pathOf(step);
    const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (arrow && !event.altKey) {
      event.preventDefault();
      const next = steps()[steps().indexOf(step) + arrow];
      if (next) { next.focus(); mark(next); choose(pathOf(next)); }
    } else if (event.key === "Delete" && path.length) {
      event.preventDefault();
      send({ do: "remove", path });
    }
  });

  listen((answer) => {
    const held = document.activeElement?.closest("#outline .step");
    const before = body.querySelector("[aria-current]");
    if (answer.outline) body.innerHTML = answer.outline;
    const key = JSON.stringify(facts.chosen);
    const current = steps().find((step) => step.dataset.path === key);
    if (current) mark(current);
    if (held && current) current.focus({ preventScroll: true });
    if (current !== before) current?.scrollIntoView({ block: "nearest" });
    body.inert = !facts.readable;
  });
  body.inert = !facts.readable;

  function mark(step) {
    steps().forEach((other) => other.removeAttribute("aria-current"));
    step.setAttribute("aria-current", "true");
  }
}
