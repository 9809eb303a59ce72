// The choice of how often beside a cron expression: what is chosen, and a fresh field that keeps the control in hand.
export function picked(field) {
  const raw = { weekdays: [...field.querySelectorAll("[data-pick=weekdays]:checked")].map((day) => day.value) };
  for (const part of field.querySelectorAll("[data-pick]:not([type=checkbox])")) raw[part.dataset.pick] = part.value;
  return raw;
}

// The control that holds the focus stays, since a time is typed part by part; what it changes is taken from the fresh field.
export function renew(old, fresh) {
  const held = document.activeElement.id;
  const [before, after] = [old, fresh].map((field) => field.querySelector("[data-picks]"));
  const [text, written] = [old, fresh].map((field) => field.querySelector(":scope > input"));
  const typing = held === text.id;
  if (!typing) text.value = written.value;
  if (typing || before.dataset.kind !== after.dataset.kind) before.replaceWith(after);
  old.querySelector(".notes").replaceWith(fresh.querySelector(".notes"));
  if (document.activeElement.id !== held) document.getElementById(held)?.focus();
}
