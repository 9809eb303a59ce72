// The run beside the editor: follows an execution that was started here, writes answers as they arrive, and puts the
// state of each step on the outline, where it stays.
import { choose, facts, listen, root } from "./editor-session.js";

const REFRESH_MS = 250;
const KEPT = `run:${window.location.pathname}`;
const GLYPHS = { SUCCESS: "✓", WARNING: "!", FAILED: "✕", KILLED: "✕", RUNNING: "▸", PAUSED: "‖", SKIPPED: "⤼" };

export default function run(panel) {
  const shown = panel.querySelector("[data-shown]");
  const answers = panel.querySelector("[data-answers]");
  let [current, states, source, timer] = [null, {}, null, null];
  let [asked, newest] = [0, 0];

  document.addEventListener("editor:run", (event) => {
    document.getElementById("run-dialog").close();
    const { follow, beside } = event.detail;
    sessionStorage.setItem(KEPT, JSON.stringify({ follow, beside }));
    begin({ follow, beside });
    panel.focus(); // whoever started it by keys goes on from there
  });
  panel.addEventListener("click", (event) => {
    const step = event.target.closest("[data-choose]");
    if (event.target.closest("[data-close-run]")) close();
    if (step) choose(facts.steps.find((one) => one.id === step.dataset.choose)?.path ?? []);
  });
  listen((answer, change) => {
    paint();
    if (current && change.do === "choose") refresh();
  });
  const kept = sessionStorage.getItem(KEPT);
  if (kept) begin(JSON.parse(kept));

  function begin(execution) {
    source?.close();
    answers.replaceChildren();
    [current, states] = [execution, {}];
    panel.hidden = false;
    refresh();
    source = new EventSource(execution.follow);
    source.addEventListener("text", (event) => write(JSON.parse(event.data)));
    for (const kind of ["runs", "state"]) source.addEventListener(kind, () => { timer ??= setTimeout(refresh, REFRESH_MS); });
    source.addEventListener("end", () => { source.close(); clearTimeout(timer); refresh().then(() => answers.replaceChildren()); });
  }

  async function refresh() {
    timer = null;
    const execution = current;
    const mine = (asked += 1);
    const step = facts.steps.find((one) => JSON.stringify(one.path) === JSON.stringify(facts.chosen));
    const response = await fetch(`${execution.beside}?step=${encodeURIComponent(step?.id ?? "")}`, { headers: { Accept: "application/json" } });
    if (!response.ok || execution !== current) return response.status === 404 ? close() : null;
    const answer = await response.json();
    if (mine < newest) return null; // a later answer came first
    newest = mine;
    const held = document.activeElement?.closest("a, button");
    const place = shown.contains(held) ? `${held.localName}:${held.textContent}` : "";
    shown.innerHTML = answer.html;
    if (place) [...shown.querySelectorAll("a, button")].find((one) => `${one.localName}:${one.textContent}` === place)?.focus();
    window.htmx.process(shown);
    states = answer.states;
    return paint();
  }

  function close() {
    source?.close();
    sessionStorage.removeItem(KEPT);
    [current, states] = [null, {}];
    panel.hidden = true;
    paint();
  }

  function paint() {
    const drawn = Object.entries(states).map(([id, state]) => [id, { state, glyph: GLYPHS[state] ?? "○", count: 1 }]);
    document.dispatchEvent(new CustomEvent("graph:states", { detail: Object.fromEntries(drawn) }));
    root.querySelectorAll("#outline .step").forEach((step) => {
      step.querySelector(".step-state")?.remove();
      const state = states[step.dataset.id];
      if (!state || !step.dataset.id) return;
      const mark = document.createElement("span");
      mark.className = `step-state state-${state}`;
      mark.textContent = GLYPHS[state] ?? "○";
      mark.title = `last run: ${state.toLowerCase()}`;
      step.append(mark);
    });
  }

  function write(piece) {
    const key = `${piece.path}#${piece.attempt}`;
    let text = [...answers.children].find((one) => one.dataset.key === key);
    if (!text) {
      text = document.createElement("pre");
      text.dataset.key = key;
      text.className = "text";
      answers.append(text);
    }
    if (text.textContent.length === piece.offset) text.append(piece.text);
    panel.scrollTop = panel.scrollHeight;
  }
}
