// The form pane: posts each field a moment after the last key, takes the server's form without moving what is being typed.
import { facts, listen, notice, send } from "./editor-session.js";
import { picked, renew } from "./editor-picks.js";

const PAUSE_MS = 700;
const RETRY_MS = 4000;

export default function form(pane) {
  const body = pane.querySelector("#form");
  const waiting = new Map();
  let lastField = null;

  body.addEventListener("submit", (event) => event.preventDefault());
  body.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) return filter(event.target);
    const field = event.target.closest(".field");
    if (!field || event.target.matches("select, [type=checkbox], [data-pick]")) return;
    clearTimeout(waiting.get(field.id)?.timer);
    // A name waits until it is whole: every expression that reads it follows.
    const naming = field.dataset.path.endsWith('"id"]');
    waiting.set(field.id, { timer: naming ? 0 : setTimeout(() => commit(field.id), PAUSE_MS) });
  });
  body.addEventListener("change", (event) => {
    if (event.target.matches("[data-move]") && event.target.value) return send({ do: "move", path: facts.chosen, ...JSON.parse(event.target.value) });
    const field = event.target.closest(".field");
    if (!field || event.target.matches("[data-filter]")) return;
    if (event.target.matches("[data-pick]")) return event.target.checkValidity() && commit(field.id, event.target);
    if (event.target.matches("select, [type=checkbox]") || waiting.has(field.id)) commit(field.id, event.target);
  });
  body.addEventListener("focusin", (event) => {
    const field = event.target.closest(".field[data-dynamic]");
    if (field && event.target.matches("input, textarea")) {
      lastField = event.target;
      placeChips(field);
    }
  });
  body.addEventListener("mousedown", (event) => { if (event.target.closest("[data-chip]")) event.preventDefault(); });
  body.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-chip]");
    const step = event.target.closest("[data-step]");
    if (chip) insert(chip.dataset.chip);
    if (step) act(step.dataset.step);
    const item = event.target.closest("[data-item]");
    if (item) change(item.dataset);
    const anew = event.target.closest("[data-anew]");
    if (anew) send({ do: "anew", path: JSON.parse(anew.dataset.anew) });
  });
  listen(take);
  window.addEventListener("pagehide", () => [...waiting.keys()].forEach((id) => commit(id)));
  settle();

  async function commit(id, control) {
    const field = document.getElementById(id);
    clearTimeout(waiting.get(id)?.timer);
    waiting.delete(id);
    if (!field) return;
    const input = control || field.querySelector("input:not([data-pick]), textarea, select:not([data-pick])");
    const path = JSON.parse(field.dataset.path);
    if (input.matches("[data-variant]")) return send({ do: "variant", path, value: JSON.parse(input.selectedOptions[0].dataset.value || "null") });
    const raw = input.matches("[data-pick]") ? picked(field) : input.type === "checkbox" ? input.checked : input.value;
    const answer = await send({ do: "field", path, control: field.dataset.control, default: field.dataset.default, raw });
    if (answer?.lost && !waiting.has(id)) waiting.set(id, { timer: setTimeout(() => commit(id, control), RETRY_MS) });
    return answer;
  }

  function change({ item, path, index, value }) {
    const place = JSON.parse(path);
    if (item === "add") send({ do: "insert", path: place, index: Number(index), value: JSON.parse(value) });
    else if (item === "remove") send({ do: "take-out", path: place });
    else send({ do: "shift", path: place, by: item === "up" ? -1 : 1 });
  }

  function act(name) {
    const path = facts.chosen;
    if (name === "up" || name === "down") send({ do: "move", path, by: name === "up" ? -1 : 1 });
    if (name === "duplicate") send({ do: "duplicate", path });
    if (name === "remove") send({ do: "remove", path }).then(() => notice("Removed. Ctrl-Z brings it back."));
  }

  function take(answer) {
    if (answer.form) {
      const fresh = document.createElement("div");
      fresh.innerHTML = answer.form;
      if (!patched(fresh)) replaced(fresh);
    }
    settle();
  }

  // The same fields as before: each is replaced by itself, but not the one that holds the focus.
  function patched(fresh) {
    const ids = (root) => [...root.querySelectorAll(".field")].map((field) => field.id).join();
    if (!body.contains(document.activeElement) || ids(fresh) !== ids(body)) return false;
    for (const field of fresh.querySelectorAll(".field")) {
      const old = document.getElementById(field.id);
      if (!old || waiting.has(field.id)) continue;
      if (!old.contains(document.activeElement)) old.replaceWith(field);
      else if (old.querySelector("[data-picks]")) renew(old, field);
      else if (!old.querySelector(".field")) old.querySelector(".notes").replaceWith(field.querySelector(".notes"));
    }
    for (const part of [".pane-head", "[data-form-problems]"]) body.querySelector(part).replaceWith(fresh.querySelector(part));
    return true;
  }

  function replaced(fresh) {
    const open = body.querySelector("details.more")?.open;
    const held = body.contains(document.activeElement) ? document.activeElement : null;
    const top = body.scrollTop;
    const samePath = body.querySelector(".step-form")?.dataset.path === fresh.querySelector(".step-form")?.dataset.path;
    body.replaceChildren(...fresh.childNodes);
    if (samePath) body.scrollTop = top;
    if (open && samePath) body.querySelector("details.more")?.setAttribute("open", "");
    const again = held?.id ? document.getElementById(held.id) : held?.dataset.step && body.querySelector(`[data-step="${held.dataset.step}"]`);
    if (!again) return;
    again.focus({ preventScroll: true });
    if (held.matches("textarea, input[type=text]") && again.matches("textarea, input[type=text]")) {
      if (waiting.has(again.closest(".field").id)) again.value = held.value;
      again.setSelectionRange(held.selectionStart, held.selectionEnd);
    }
  }

  function settle() {
    const fieldset = body.querySelector("fieldset");
    if (fieldset) fieldset.disabled = !facts.readable;
    const first = body.querySelector(".field[data-dynamic] textarea") || body.querySelector(".field[data-dynamic] input[type=text]");
    if (!lastField?.isConnected) lastField = first;
    if (lastField) placeChips(lastField.closest(".field"));
  }

  function placeChips(field) {
    const chips = body.querySelector("[data-chips]");
    if (chips && field && chips.parentElement !== field) field.querySelector(".notes").before(chips);
  }

  function insert(expression) {
    if (!lastField) return;
    const inside = /\{\{[^}]*$/.test(lastField.value.slice(0, lastField.selectionStart));
    lastField.setRangeText(inside ? expression : `{{ ${expression} }}`, lastField.selectionStart, lastField.selectionEnd, "end");
    lastField.focus();
    lastField.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function filter(search) {
    const word = search.value.trim().toLowerCase();
    for (const field of search.closest("details").querySelectorAll(":scope > .field")) field.hidden = !field.dataset.words.includes(word);
  }
}
