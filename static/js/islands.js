// Starts the behaviour named by data-island on each element, now and in every fragment htmx brings.
const started = new WeakSet();

async function start(root) {
  const elements = root.querySelectorAll ? [...root.querySelectorAll("[data-island]")] : [];
  if (root.matches && root.matches("[data-island]")) elements.unshift(root);
  for (const element of elements) {
    if (started.has(element)) continue;
    started.add(element);
    for (const name of element.dataset.island.split(" ")) {
      const island = await import(`./islands/${name}.js`);
      island.default(element);
    }
    element.setAttribute("data-started", ""); // for browser tests, as below
  }
}

start(document).then(() => document.documentElement.setAttribute("data-started", ""));
document.addEventListener("htmx:load", (event) => start(event.target));
