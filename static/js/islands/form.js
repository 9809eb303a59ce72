// The form pane: posts each field a moment after the last key, takes the server's form without moving what is being typed.
import { facts, listen, notice, send } from "./editor-session.js";
import { put, raw } from "./editor-controls.js";
import { patched, replaced } from "./editor-patch.js";

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
    // A name waits until it is whole: every expression that reads it follows. A new entry has a name and a value.
    const naming = field.dataset.path.endsWith('"id"]') || ["key", "put"].includes(field.dataset.control);
    waiting.set(field.id, { timer: naming ? 0 : setTimeout(() => commit(field.id), PAUSE_MS) });
  });
  body.addEventListener("change", (event) => {
    if (event.target.matches("[data-move]") && event.target.value) return send({ do: "move", path: facts.chosen, ...JSON.parse(event.target.value) });
    const field = event.target.closest(".field");
    if (!field || event.target.matches("[data-filter], [data-put]")) return;
    if (event.target.matches("[data-pick]")) return event.target.checkValidity() && commit(field.id, event.target);
    if (event.target.matches("select, [type=checkbox]") || waiting.has(field.id)) commit(field.id, event.target);
  });
  body.addEventListener("focusin", (event) => {
    const field = event.target.closest(".field");
    if (field?.matches("[data-dynamic]") && event.target.matches("input:not([data-put=name]), textarea")) {
      lastField = event.target;
      placeChips(field);
    }
  });
  // A new entry is whole when it is left, or at Enter.
  body.addEventListener("focusout", (event) => {
    const field = event.target.closest('[data-control="put"]');
    if (field && !field.contains(event.relatedTarget)) commit(field.id);
  });
  body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-put]")) commit(event.target.closest(".field").id, null, true);
  });
  body.addEventListener("mousedown", (event) => { if (event.target.closest("[data-chip]")) event.preventDefault(); });
  body.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-chip]");
    const step = event.target.closest("[data-step]");
    if (chip) insert(chip.dataset.chip);
    if (step) act(step.dataset.step);
    const item = event.target.closest("[data-item]");
    if (item) change(item.dataset);
    if (event.target.closest("[data-put-now]")) commit(event.target.closest(".field").id, null, true);
    const anew = event.target.closest("[data-anew]");
    if (anew) send({ do: "anew", path: JSON.parse(anew.dataset.anew) });
  });
  listen(take);
  window.addEventListener("pagehide", () => [...waiting.keys()].forEach((id) => commit(id)));
  settle();

  async function commit(id, control, again) {
    const field = document.getElementById(id);
    clearTimeout(waiting.get(id)?.timer);
    waiting.delete(id);
    if (!field) return;
    if (field.dataset.control === "put") {
      if (!field.querySelector("[data-put=name]").value.trim()) waiting.set(id, { timer: 0 });
      return put(field, again);
    }
    const input = control || field.querySelector("input:not([data-pick]), textarea, select:not([data-pick])");
    const path = JSON.parse(field.dataset.path);
    if (input.matches("[data-variant]")) return send({ do: "variant", path, value: JSON.parse(input.selectedOptions[0].dataset.value || "null") });
    const verb = { key: "key", entry: "entry", "entry-lines": "entry" }[field.dataset.control] || "field";
    const { control: kind, default: usual, plain } = field.dataset;
    const answer = await send({ do: verb, path, control: kind, default: usual, plain: plain !== undefined, raw: raw(field, input) });
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
      if (!patched(body, fresh, waiting)) replaced(body, fresh, waiting);
    }
    settle();
  }

  function settle() {
    const fieldset = body.querySelector("fieldset");
    if (fieldset) fieldset.disabled = !facts.readable;
    const first = body.querySelector(".field[data-dynamic] > textarea") || body.querySelector(".field[data-dynamic] > input[type=text]");
    if (!lastField?.isConnected) lastField = first;
    placeChips(lastField?.closest(".field"));
  }

  function placeChips(field) {
    const chips = body.querySelector("[data-chips]");
    if (chips) chips.hidden = !field;
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
