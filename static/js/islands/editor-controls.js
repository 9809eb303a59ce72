// Controls of several parts: what is chosen in them, and a new entry of a map.
import { picked } from "./editor-picks.js";
import { send } from "./editor-session.js";

export function raw(field, input) {
  if (input.matches("[data-pick]")) return picked(field);
  if (input.matches("[data-choice]")) return [...field.querySelectorAll("[data-choice]:checked")].map((one) => one.value);
  return input.type === "checkbox" ? input.checked : input.value;
}

// A new entry goes when it has a name; at `again` the next one is begun. What is refused stays as it was typed.
export async function put(field, again) {
  const [name, value] = ["name", "raw"].map((part) => field.querySelector(`[data-put="${part}"]`));
  if (!name.value.trim()) return again && name.focus();
  const change = { do: "put", path: JSON.parse(field.dataset.path), name: name.value, plain: "plain" in field.dataset };
  if (value) change.raw = value.value;
  const typed = [name.value, value?.value];
  for (const part of [name, value]) if (part) part.value = "";
  const answer = await send(change);
  const fresh = (part) => document.querySelector(`#${CSS.escape(field.id)} [data-put="${part}"]`);
  if (!answer || answer.lost || answer.refused || answer.conflict) ["name", "raw"].forEach((part, place) => { if (fresh(part)) fresh(part).value = typed[place]; });
  if (again) fresh("name")?.focus();
}
