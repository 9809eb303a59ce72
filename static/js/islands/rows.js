// The rows of a table that is filled in: adds a blank one, takes one away; names carry the row's number.
export default function rows(table) {
  const lines = table.querySelector("[data-lines]");
  const blank = table.querySelector("template");
  const add = table.querySelector('[data-line="add"]');
  const count = () => lines.children.length;
  let next = count();

  table.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line]");
    if (button?.dataset.line === "add") more();
    if (button?.dataset.line === "remove") less(button.closest("[data-table-line]"));
  });
  settle();

  function more() {
    const line = blank.content.firstElementChild.cloneNode(true);
    const number = String(next++);
    for (const name of ["name", "id", "for", "data-input", "data-name", "list", "aria-labelledby"]) {
      for (const element of line.querySelectorAll(`[${name}]`)) {
        element.setAttribute(name, element.getAttribute(name).replace(":N:", `:${number}:`));
      }
    }
    lines.append(line);
    line.querySelector("input, select, textarea")?.focus();
    settle();
  }

  function less(line) {
    const beside = line.nextElementSibling || line.previousElementSibling;
    line.remove();
    (beside?.querySelector("input, select, textarea") || add).focus();
    table.dispatchEvent(new Event("change", { bubbles: true }));
    settle();
  }

  function settle() {
    add.hidden = "most" in table.dataset && count() >= Number(table.dataset.most);
  }
}
