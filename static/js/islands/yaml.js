// The YAML pane: the Ace editor on the draft's text, saved a second after the last key; marks problems and the chosen step.
import { completion } from "./editor-completion.js";
import { beforeChange, choose, facts, listen, root, send } from "./editor-session.js";

const PAUSE_MS = 1000;
const RETRY_MS = 4000;

export default async function yaml(pane) {
  if (!window.ace) await new Promise((done) => window.addEventListener("load", done, { once: true }));
  const { ace } = window;
  const box = pane.querySelector("#yaml");
  ace.config.set("useStrictCSP", true);
  ace.config.set("loadWorkerFromBlob", false);
  ace.config.set("basePath", box.dataset.basePath);
  const editor = ace.edit(box, {
    useWorker: false, mode: "ace/mode/yaml", tabSize: 2, useSoftTabs: true, showPrintMargin: false, fontSize: 13, fontFamily: "var(--mono)",
    enableKeyboardAccessibility: true, scrollPastEnd: 0.3, wrap: false, highlightActiveLine: false, newLineMode: "unix",
  });
  const { session } = editor;
  completion(ace, editor);
  const { Range } = ace.require("ace/range");
  let [timer, dirty, ours, markers] = [0, false, false, []];
  window.millstreamYaml = editor; // the door for browser tests and the console
  pane.classList.add("started");
  editor.textInput.getElement().setAttribute("aria-label", "The flow as YAML");

  ours = true;
  session.setValue(facts.text.replace(/\r\n?/g, "\n"));
  ours = false;
  show();

  session.on("change", () => {
    if (ours) return;
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(flush, PAUSE_MS);
  });
  session.selection.on("changeCursor", () => {
    pane.querySelector("[data-cursor]").textContent = `Ln ${editor.getCursorPosition().row + 1}`;
    if (editor.isFocused() && !ours) chooseAtCursor();
  });
  editor.commands.addCommand({ name: "undo", bindKey: { win: "Ctrl-Z", mac: "Cmd-Z" }, exec: () => (session.getUndoManager().canUndo() ? editor.undo() : send({ do: "undo" })) });
  editor.commands.addCommand({ name: "redo", bindKey: { win: "Ctrl-Shift-Z|Ctrl-Y", mac: "Cmd-Shift-Z" }, exec: () => (session.getUndoManager().canRedo() ? editor.redo() : send({ do: "redo" })) });
  for (const name of ["gotoline", "showSettingsMenu", "findnext", "findprevious"]) editor.commands.removeCommand(name);
  beforeChange(flush);
  listen(take);
  window.addEventListener("pagehide", flush);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link || !Number(link.dataset.line)) return;
    root.querySelector('[data-show="yaml"]').click();
    editor.gotoLine(Number(link.dataset.line), Number(link.dataset.column) - 1, false);
    editor.focus();
  });

  async function flush() {
    clearTimeout(timer);
    if (!dirty) return;
    dirty = false;
    const answer = await send({ do: "text", text: withBreaks(session.getValue()) });
    if (!answer?.lost) return;
    dirty = true;
    timer = setTimeout(flush, RETRY_MS);
  }

  // A text of Windows keeps its line breaks.
  function withBreaks(text) {
    return facts.text.includes("\r\n") ? text.replace(/\n/g, "\r\n") : text;
  }

  function take(answer, change, known) {
    if (answer.text != null) put(answer.text.replace(/\r\n?/g, "\n"), known.replace(/\r\n?/g, "\n"));
    show(change);
  }

  // Puts in only what differs, so that cursor and scroll stay; typing that is newer than the answer is kept.
  function put(text, known) {
    const now = session.getValue();
    if (text === now) return;
    const [start, end, length] = difference(dirty ? known : now, text);
    const shift = dirty && difference(known, now)[0] <= start ? now.length - known.length : 0;
    ours = true;
    const at = (offset) => session.doc.indexToPosition(offset + shift);
    session.replace(Range.fromPoints(at(start), at(end)), text.slice(start, start + length));
    ours = false;
    if (!dirty) session.getUndoManager().reset();
  }

  function show(change = {}) {
    session.setAnnotations(facts.problems.filter((one) => one.line).map((one) => ({
      row: one.line - 1, column: Math.max(one.column - 1, 0), type: one.severity, text: `${one.message} ${one.hint}` })));
    markers.forEach((marker) => session.removeMarker(marker));
    markers = facts.problems.filter((one) => one.line && one.severity === "error").map((one) => session.addMarker(new Range(one.line - 1, 0, one.line - 1, 1), "problem-line", "fullLine"));
    const step = facts.steps.find((one) => JSON.stringify(one.path) === JSON.stringify(facts.chosen));
    if (step) {
      markers.push(session.addMarker(new Range(step.from - 1, 0, step.to - 1, 1), "chosen-lines", "fullLine"));
      if (!editor.isFocused() && change.do !== "text") reveal(step);
    }
    root.classList.toggle("unreadable", !facts.readable);
    root.querySelector("[data-first-problem]").dataset.line = facts.problems[0]?.line || 1;
    if (facts.problem_list != null) document.getElementById("problems").innerHTML = facts.problem_list;
  }

  function reveal({ from, to }) {
    const [first, last] = [editor.getFirstVisibleRow(), editor.getLastVisibleRow()];
    if (from - 1 < first || Math.min(to, from + 3) - 1 > last) editor.scrollToLine(from - 3, false, true);
    const indent = session.getLine(from - 1).search(/\S/) * editor.renderer.characterWidth;
    session.setScrollLeft(indent > editor.renderer.$size.scrollerWidth / 2 ? indent - 40 : 0);
  }

  let pause = 0;
  function chooseAtCursor() {
    clearTimeout(pause);
    pause = setTimeout(() => {
      const line = editor.getCursorPosition().row + 1;
      const step = facts.steps.filter((one) => one.from <= line && line <= one.to).pop();
      const path = step ? step.path : [];
      if (!dirty && JSON.stringify(path) !== JSON.stringify(facts.chosen)) choose(path);
    }, 200);
  }
}

// Where two texts differ: start, end in the old one, length in the new one.
function difference(old, text) {
  const most = Math.min(old.length, text.length);
  let start = 0;
  while (start < most && old[start] === text[start]) start += 1;
  let tail = 0;
  while (tail < most - start && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  return [start, old.length - tail, text.length - tail - start];
}
