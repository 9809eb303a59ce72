// What the YAML pane completes: keys of the step under the cursor, types, fixed values, and expressions inside {{ }}.
import { facts, root } from "./editor-session.js";

let words = null;
const load = () => (words ??= fetch(root.dataset.vocabulary).then((answer) => answer.json()));
const KINDS = { triggers: "trigger", inputs: "input" };

export function completion(ace, editor) {
  ace.require("ace/ext/language_tools");
  editor.completers = [{
    identifierRegexps: [/[\w.$]/],
    getCompletions: async (_editor, session, position, prefix, callback) => {
      const line = session.getLine(position.row).slice(0, position.column);
      callback(null, offers(await load(), line, position.row + 1));
    },
    getDocTooltip: (item) => { if (item.help) item.docHTML = escaped(item.help); },
  }];
  editor.setOptions({ enableBasicAutocompletion: true, enableLiveAutocompletion: true, liveAutocompletionDelay: 150 });
}

function offers(known, line, row) {
  const step = facts.steps.filter((one) => one.from <= row && row <= one.to).pop();
  if (/\{\{[^}]*$|\{%[^%]*$/.test(line)) return expressions(known, line);
  const value = line.match(/^\s*(?:- )?(\w+):\s*\S*$/);
  if (value) return values(known, step, value[1], line);
  if (/^\s*(?:- )?\w*$/.test(line)) return keys(known, step, line);
  return [];
}

function expressions(known, line) {
  if (/\|\s*\w*$/.test(line)) return known.filters.map((one) => offer(one.name, "filter", one.help, 90));
  return [
    ...facts.chips.map((chip) => offer(chip, "value", "", 100)),
    ...known.functions.map((one) => offer(`${one.name}(`, "function", one.help, 80)),
  ];
}

function values(known, step, key, line) {
  if (key === "type") {
    const kind = step && line.search(/\S/) > 0 ? KINDS[step.path[0]] || "task" : "task";
    return known.types.filter((one) => one.kind === kind).map((one) => offer(one.name, one.title, one.help, 100));
  }
  const field = (known.keys[step?.type ?? ""] || []).find((one) => one.name === key);
  return (field?.options || []).map((option) => offer(option, key, field.help, 100));
}

function keys(known, step, line) {
  const list = step && line.search(/\S|$/) > 0 ? known.keys[step.type] : known.keys[""];
  return (list || []).map((one) => offer(`${one.name}: `, "", one.help, 100));
}

const offer = (value, meta, help, score) => ({ caption: value.trim(), value, meta, help, score });

function escaped(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element.outerHTML;
}
