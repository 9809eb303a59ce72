// Walks the days of a calendar by keyboard: arrows from day to day, Page Up and Page Down to the span before and after.
const COLUMNS = 7;

export default function calendar(days) {
  const heads = [...days.querySelectorAll(".day-head")];
  const phone = window.matchMedia("(max-width: 760px)");

  function step(key) {
    const row = days.classList.contains("day") || phone.matches ? 1 : COLUMNS;
    return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[key];
  }

  function shownFrom(place, by) {
    let next = place + by;
    while (heads[next] && !heads[next].checkVisibility()) next += Math.sign(by);
    return heads[next];
  }

  days.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const turns = { PageUp: "before", PageDown: "after" }[event.key];
    const place = heads.indexOf(event.target.closest(".day")?.querySelector(".day-head"));
    const by = step(event.key);
    if (turns) {
      event.preventDefault();
      document.querySelector(`[data-go="${turns}"]`).click();
    } else if (by && place >= 0) {
      event.preventDefault();
      shownFrom(place, by)?.focus();
    }
  });
}
