// What the editor's islands share: the facts of the draft, one queue of changes to the server, and who hears of answers.
export const root = document.getElementById("editor");
export const facts = JSON.parse(document.getElementById("editor-facts").textContent);
facts.steps ??= [];
const query = new URLSearchParams(window.location.search);
// How the steps are looked at: as list or graph, with what was opened and folded by hand.
facts.look = { view: root.dataset.view, opened: query.getAll("open").map(JSON.parse), closed: query.getAll("close").map(JSON.parse) };

const listeners = new Set();
const flushers = new Set();
let queue = Promise.resolve();
let last = null;

// An island that starts late hears the last answer too.
export function listen(listener) {
  listeners.add(listener);
  if (last) listener(...last);
}

export const beforeChange = (flush) => flushers.add(flush);

export function notice(text, kind = "") {
  const element = document.createElement("div");
  element.className = `notice ${kind}`;
  element.textContent = text;
  element.dataset.island = "notice";
  document.getElementById("notices").append(element);
  import("./notice.js").then((island) => island.default(element));
}

// Changes go one after another, each with the text it was made for; typing that is not saved yet goes first.
export async function send(change) {
  if (change.do !== "text") for (const flush of flushers) await flush();
  queue = queue.then(() => post(root.dataset.change, change));
  return queue;
}

export const choose = (path) => send({ do: "choose", to: path });

export async function post(url, change) {
  const chosen = change.do === "choose" ? change.to : facts.chosen;
  root.dataset.saving = "true";
  const answer = await ask(url, { ...change, ...facts.look, base: facts.base, chosen, outline: facts.outline_sign, drawn: facts.graph_sign });
  delete root.dataset.saving;
  if (!answer || answer.lost) return answer;
  if (answer.conflict) return conflict(url, change, answer);
  accept(answer, change);
  return answer;
}

export function accept(answer, change = {}) {
  if (answer.base) {
    const known = facts.text;
    Object.assign(facts, answer, { steps: answer.steps ?? facts.steps, text: answer.text ?? (change.do === "text" ? change.text : known) });
    last = [answer, change, known];
    listeners.forEach((listener) => listener(...last));
  }
  if (change.do !== "choose") document.querySelectorAll("#notices .error").forEach((old) => old.remove());
  if (answer.refused) notice(answer.refused, "error");
  if (answer.rewritten) notice(`This could not be spliced; lines ${lines(answer)} were written anew.`, "warning");
  if (answer.message) notice(answer.message, "success");
  if (answer.go) window.location.assign(answer.go);
}

// The cookie's token, since a log-in in another tab makes that of the page too old.
export const token = () => document.cookie.match(/(?:^|; )millstream_csrf=([^;]+)/)?.[1] ?? "";

async function ask(url, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() };
  const text = JSON.stringify(body);
  try {
    const response = await fetch(url, { method: "POST", headers, body: text, keepalive: text.length < 60000 });
    if (response.status === 401) return lost("You were logged out. Log in again in another tab; what you typed is sent then.");
    const answer = await response.json();
    if (response.ok) {
      if (root.dataset.lost) notice("The server answers again; everything is saved.", "success");
      root.dataset.lost = "";
      return answer;
    }
    notice(answer.message || `The server answered ${response.status}.`, "error");
    root.dataset.lost = "";
    return null;
  } catch {
    return lost("The server does not answer. What you typed is still here and is sent as soon as it does.");
  }
}

// Says so once; whoever sent the change keeps it and tries again.
function lost(sentence) {
  if (!root.dataset.lost) notice(sentence, "error");
  root.dataset.lost = "true";
  return { lost: true };
}

// The draft was changed in another tab or by somebody else: show theirs, or put this tab's text over it.
async function conflict(url, change, answer) {
  const mine = change.do === "text" && change.text !== answer.text;
  if (mine && window.confirm("This draft was changed elsewhere. OK keeps your text (theirs can be had back by undo); Cancel takes theirs.")) {
    facts.base = answer.base;
    return post(url, { ...change, force: true });
  }
  if (!mine) notice("The draft was changed elsewhere; this is its text now. Make your change again.", "warning");
  accept(answer, { do: "conflict" });
  return answer;
}

function lines({ changed }) {
  const count = (end) => facts.text.slice(0, end).split("\n").length;
  return `${count(changed[0])}–${count(changed[1])}`;
}
