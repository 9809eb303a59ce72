// Takes the server's form without moving what is being typed.
import { renew } from "./editor-picks.js";

// The same fields as before: each is replaced by itself, but not the one that holds the focus.
export function patched(body, fresh, waiting) {
  const ids = (root) => [...root.querySelectorAll(".field")].map((field) => field.id).join();
  if (!body.contains(document.activeElement) || ids(fresh) !== ids(body)) return false;
  for (const field of fresh.querySelectorAll(".field")) {
    const old = document.getElementById(field.id);
    if (!old || waiting.has(field.id)) continue;
    if (!old.contains(document.activeElement)) old.replaceWith(field);
    else if (old.querySelector("[data-picks]")) renew(old, field);
    else if (old.querySelector("[data-choice]")) choices(old, field);
    else if (!old.querySelector(".field")) old.querySelector(".notes")?.replaceWith(field.querySelector(".notes"));
  }
  for (const part of [".pane-head", "[data-form-problems]"]) body.querySelector(part).replaceWith(fresh.querySelector(part));
  return true;
}

export function replaced(body, fresh, waiting) {
  const open = [...body.querySelectorAll("details.more[open]")].map((one) => one.dataset.more);
  const held = body.contains(document.activeElement) ? document.activeElement : null;
  const top = body.scrollTop;
  const typed = [...waiting.keys()].flatMap((id) => [...(document.getElementById(id)?.querySelectorAll("input[id], textarea[id]") ?? [])]);
  const samePath = body.querySelector(".step-form")?.dataset.path === fresh.querySelector(".step-form")?.dataset.path;
  body.replaceChildren(...fresh.childNodes);
  if (samePath) body.scrollTop = top;
  if (samePath) for (const one of body.querySelectorAll("details.more")) one.open = open.includes(one.dataset.more);
  if (samePath) for (const old of typed) if (document.getElementById(old.id)) document.getElementById(old.id).value = old.value;
  const again = held?.id ? document.getElementById(held.id) : held?.dataset.step && body.querySelector(`[data-step="${held.dataset.step}"]`);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (held.matches("textarea, input[type=text]") && again.matches("textarea, input[type=text]")) again.setSelectionRange(held.selectionStart, held.selectionEnd);
}

// Which may be chosen changes with what is chosen; the one in hand keeps the focus.
function choices(old, fresh) {
  const held = document.activeElement.value;
  old.replaceWith(fresh);
  fresh.querySelector(`[data-choice][value="${CSS.escape(held)}"]`)?.focus();
}
