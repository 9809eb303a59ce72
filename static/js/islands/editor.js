// The editor's frame: buttons of the bar, shortcuts, the pane tabs of a phone, and the status line.
import { choose, facts, listen, notice, post, root, send } from "./editor-session.js";

export default function editor() {
  const status = document.getElementById("status");
  let discarded = false;
  const doing = {
    undo: () => (discarded ? discard(true) : send({ do: "undo" })),
    redo: () => send({ do: "redo" }),
    publish: () => publish(),
    discard: () => discard(false),
    run,
  };
  document.querySelector(".bar").addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) doing[button.dataset.do]();
    if (event.target.closest('[href="#problems"]')) showPane("yaml");
  });
  document.addEventListener("click", (event) => {
    const open = event.target.closest("[data-open]");
    if (open) document.getElementById(open.dataset.open).showModal();
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    const stale = event.target.closest("[data-stale]");
    if (stale) settle(stale.dataset);
    const show = event.target.closest("[data-show]");
    if (show) showPane(show.dataset.show);
  });
  listen((answer, change) => {
    if (!["choose", "discard"].includes(change.do)) discarded = false;
    if (answer.status) status.innerHTML = answer.status;
    buttons();
    remember();
  });
  document.getElementById("run-body").addEventListener("htmx:load", openRun);
  document.addEventListener("keydown", keys);
  document.addEventListener("editor:add-after", addAfter);
  window.addEventListener("hashchange", fromHash);
  buttons();
  fromHash();

  function buttons() {
    const state = status.querySelector("[data-state]").dataset;
    for (const [name, on, title] of [["undo", state.undo || discarded, state.undo || "the discard"], ["redo", state.redo, state.redo], ["publish", state.changed === "true"], ["discard", state.changed === "true" && state.published]]) {
      const button = document.querySelector(`[data-do="${name}"]`);
      button.disabled = !on;
      if (title) button.title = `${name === "undo" ? "Undo" : "Redo"}: ${title}`;
    }
    document.querySelector('[data-do="publish"]').classList.toggle("ready", state.changed === "true");
  }

  function keys(event) {
    const command = event.ctrlKey || event.metaKey;
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    const act = (job) => { event.preventDefault(); job(); };
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return command && event.key === "Enter" && dialog.id === "run-dialog" ? act(() => dialog.querySelector("form").requestSubmit()) : undefined;
    if (command && event.key === "Enter") act(run);
    else if (command && event.shiftKey && event.key.toLowerCase() === "s") act(() => publish());
    else if (command && event.key.toLowerCase() === "s") act(save);
    else if (command && event.key.toLowerCase() === "k") act(addStep);
    else if (command && event.key.toLowerCase() === "z" && !typing) act(event.shiftKey ? doing.redo : doing.undo);
    else if (command && event.key.toLowerCase() === "y" && !typing) act(doing.redo);
    else if (event.key === "?" && !typing && !command) act(() => document.getElementById("shortcuts").showModal());
    else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && facts.chosen.length && !event.target.closest(".ace_editor"))
      act(() => send({ do: "move", path: facts.chosen, by: event.key === "ArrowUp" ? -1 : 1 }));
  }

  async function discard(back) {
    if (!back && !window.confirm("Put this draft away and show the published text? Undo brings it back.")) return;
    discarded = !back;
    await post(root.dataset.discard, { do: "discard", back });
    notice(back ? "The draft is back." : "The draft is put away. Undo brings it back.");
  }

  function save() {
    document.activeElement?.dispatchEvent(new Event("change", { bubbles: true }));
    send({ do: "choose", to: facts.chosen });
  }
}

// At the end of the list that the chosen step stands in, else of the flow's.
function addStep() {
  const places = [...root.querySelectorAll('#outline [data-add="task"]')];
  const at = (path) => places.find((place) => place.dataset.path === JSON.stringify(path));
  (at(facts.place.slice(0, -1)) ?? at(["tasks"]))?.click();
}

// After the chosen step, else at the end of the flow.
function addAfter() {
  const place = facts.place.slice(0, -1);
  const index = facts.place.at(-1);
  const list = root.querySelector(`#outline [data-add="task"][data-path='${CSS.escape(JSON.stringify(place))}']`);
  if (typeof index !== "number" || !list) return addStep();
  document.dispatchEvent(new CustomEvent("editor:add", { detail: { kind: "task", path: place, index: index + 1 } }));
}

let answers = {};

// `said`: what was answered so far to the questions that publishing may ask.
async function publish(said = {}) {
  await send({ do: "choose", to: facts.chosen });
  answers = said;
  const answer = await post(root.dataset.publish, { do: "publish", ...said });
  if (answer?.stale) {
    document.getElementById("stale-body").innerHTML = answer.stale;
    document.getElementById("stale-dialog").showModal();
  }
}

async function settle({ stale: choice, missed }) {
  document.getElementById("stale-dialog").close();
  if (choice === "over") publish({ ...answers, over: true });
  if (choice === "missed") publish({ ...answers, missed });
  if (choice === "theirs") post(root.dataset.discard, { do: "discard" });
}

async function run() {
  await send({ do: "choose", to: facts.chosen });
  const draft = document.querySelector("[data-state]").dataset.changed === "true" ? "1" : "0";
  await window.htmx.ajax("GET", `${root.dataset.run}?draft=${draft}`, "#run-body");
}

// The form opens once htmx has it in hand: a key that is pressed before would leave the page.
function openRun() {
  const dialog = document.getElementById("run-dialog");
  if (!dialog.open) dialog.showModal();
}

function showPane(name) {
  root.dataset.pane = name;
  root.querySelectorAll("[data-show]").forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.show === name)));
}

function fromHash() {
  if (window.location.hash === "#run") run();
  const id = new URLSearchParams(window.location.hash.slice(1)).get("step");
  const step = id && facts.steps.find((one) => one.id === id);
  if (step && JSON.stringify(step.path) !== JSON.stringify(facts.chosen)) choose(step.path);
}

function remember() {
  const key = JSON.stringify(facts.chosen);
  const step = facts.steps.find((one) => JSON.stringify(one.path) === key);
  if (facts.readable) window.history.replaceState(null, "", step ? `#step=${encodeURIComponent(step.id)}` : "#");
}
