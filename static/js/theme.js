// Before the first paint: the light or dark that was chosen here; without a choice the system's holds.
(() => {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
