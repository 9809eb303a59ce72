// Under a field that names a model: the models of its server, asked when the field is entered, chosen by mouse or keys.
import { token } from "./editor-session.js";

export default function models(pane) {
  let input = null;
  let box = null;
  let typed = false;

  pane.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-models]") && !event.target.readOnly) open(event.target);
  });
  pane.addEventListener("focusout", (event) => {
    if (input && !input.closest(".field").contains(event.relatedTarget)) close();
  });
  pane.addEventListener("input", (event) => {
    if (event.target !== input) return;
    typed = true;
    if (box?.hidden) show(true);
    filter();
  });
  pane.addEventListener("keydown", (event) => {
    if (event.target !== input || !box) return;
    const chosen = box.querySelector("[aria-selected=true]");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") take(event, () => (box.hidden ? show(true) : move(chosen, event.key === "ArrowDown" ? 1 : -1)));
    else if (event.key === "Enter" && chosen && !box.hidden) take(event, () => choose(chosen));
    else if (event.key === "Escape" && !box.hidden) take(event, () => show(false));
  });
  pane.addEventListener("mousedown", (event) => {
    const option = event.target.closest(".offers-box [role=option]");
    if (event.target.closest(".offers-box") && !event.target.closest("button")) event.preventDefault();
    if (option) choose(option);
  });
  pane.addEventListener("click", (event) => {
    if (event.target.closest("[data-told]")) {
      input.focus(); // the button goes away with the list it stands in
      ask(true);
    }
    else if (event.target === input && box?.hidden) show(true);
  });

  function open(field) {
    if (field === input) return;
    close();
    input = field;
    typed = false;
    input.removeAttribute("list");
    box = document.createElement("div");
    box.className = "offers-box";
    box.id = `${input.id}-offers`;
    box.hidden = true;
    input.setAttribute("aria-controls", box.id);
    input.after(box);
    ask(false);
  }

  async function ask(told) {
    const mine = box;
    const path = input.closest(".field").dataset.path;
    const body = new URLSearchParams({ path, told: told ? "1" : "0" });
    mine.toggleAttribute("aria-busy", true);
    try {
      const answer = await fetch(pane.dataset.offers, { method: "POST", headers: { "X-CSRFToken": token() }, body });
      if (answer.ok && mine === box) mine.innerHTML = await answer.text();
    } catch {
      return; // without the list the field is what it was
    }
    if (mine !== box) return;
    mine.toggleAttribute("aria-busy", false);
    show(Boolean(mine.textContent.trim()));
  }

  function show(on) {
    box.hidden = !on;
    input.setAttribute("aria-expanded", String(on));
    if (on) filter();
    else input.removeAttribute("aria-activedescendant");
  }

  function filter() {
    const word = typed ? input.value.trim().toLowerCase() : "";
    for (const option of options(true)) option.hidden = !option.dataset.value.toLowerCase().includes(word);
    mark(options().find((option) => option.dataset.value === input.value));
  }

  function options(all = false) {
    return [...box.querySelectorAll("[role=option]")].filter((option) => all || !option.hidden);
  }

  function move(from, by) {
    const list = options();
    mark(list[(list.indexOf(from) + by + list.length + (from || by > 0 ? 0 : 1)) % list.length]);
  }

  function mark(option) {
    for (const one of options(true)) one.setAttribute("aria-selected", String(one === option));
    if (!option) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    input.value = option.dataset.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    typed = false;
    show(false);
  }

  function close() {
    box?.remove();
    input?.setAttribute("aria-expanded", "false");
    input = box = null;
  }

  function take(event, act) {
    event.preventDefault();
    act();
  }
}
