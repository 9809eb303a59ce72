// The list of what can be added: opened with a place, searched by words, walked by arrow keys.
import { root, send } from "./editor-session.js";

export default function add(dialog) {
  const search = dialog.querySelector("[data-search]");
  let place = null;
  const shown = () => [...dialog.querySelectorAll(".types:not([hidden]) .type:not([hidden])")];

  document.addEventListener("editor:add", (event) => {
    place = event.detail;
    if (place.kind === "listener") return send({ do: "add", ...place, type: "" });
    if (place.kind === "way") return send({ do: "add", ...place }).then(() => name(place.path));
    dialog.querySelectorAll("[data-kind]").forEach((list) => { list.hidden = list.dataset.kind !== place.kind; });
    search.value = "";
    filter();
    dialog.showModal();
    search.focus();
  });
  search.addEventListener("input", filter);
  dialog.addEventListener("click", (event) => {
    const type = event.target.closest(".type");
    const jump = event.target.closest("[data-jump]");
    if (jump) document.getElementById(jump.dataset.jump).scrollIntoView({ block: "start" });
    else if (type) take(type);
    else if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (arrow) {
      event.preventDefault();
      const all = shown();
      all[(all.indexOf(document.activeElement) + arrow + all.length) % all.length]?.focus();
    } else if (event.key === "Enter" && event.target === search) {
      event.preventDefault();
      if (shown()[0]) take(shown()[0]);
    }
  });

  // A new way is there at once, to be named.
  function name(path) {
    root.querySelector('[data-show="form"]').click();
    const names = document.querySelectorAll(`#${CSS.escape(`field-${path.join("-")}`)} .entry-name input`);
    names[names.length - 1]?.select();
  }

  async function take(type) {
    if (type.dataset.deletes && !window.confirm(`${type.dataset.deletes} Add it?`)) return;
    dialog.close();
    await send({ do: "add", path: place.path, index: place.index, kind: place.kind, type: type.dataset.type });
    root.querySelector('[data-show="form"]').click();
    const first = document.querySelector("#form .field:not([id$='-id']) :is(textarea, input, select)");
    first?.focus();
    first?.select?.(); // an example stands there; the first key replaces it
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const type of dialog.querySelectorAll(".type")) type.hidden = !words.every((word) => type.dataset.words.includes(word));
    dialog.querySelector(".jumps").hidden = words.length > 0 || place.kind !== "task";
    dialog.querySelectorAll("section").forEach((section) => { section.hidden = !section.querySelector(".type:not([hidden])"); });
    dialog.querySelector("[data-nothing]").hidden = shown().length > 0;
  }
}
