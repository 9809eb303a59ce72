// Follows an execution: appends log lines, writes answers as they arrive, fetches the steps again when they changed.
const REFRESH_MS = 250;
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];

export default function follow(root) {
  const log = root.querySelector("#log");
  root.querySelector("[data-levels]").addEventListener("change", (event) => { log.dataset.least = event.target.value; });
  log.scrollTop = log.scrollHeight;
  if (root.dataset.ended === "1") return;

  const answers = root.querySelector("#answers");
  let timer = null;

  let asked = Promise.resolve();

  // One after another: htmx keeps back what is asked beside another request, and does not tell when that has come.
  const refresh = () => {
    timer = null;
    const ask = () => window.htmx.ajax("GET", root.dataset.live + location.search, { target: "#live", swap: "innerHTML" });
    asked = asked.catch(() => {}).then(ask).then(paint);
    return asked;
  };
  const later = () => { timer ??= setTimeout(refresh, REFRESH_MS); };

  const source = new EventSource(`${root.dataset.follow}?last=${root.dataset.last}`);
  source.addEventListener("log", (event) => addLine(log, JSON.parse(event.data)));
  source.addEventListener("text", (event) => addText(answers, JSON.parse(event.data)));
  source.addEventListener("runs", later);
  source.addEventListener("state", (event) => {
    root.querySelector("[data-announce]").textContent = JSON.parse(event.data).state.toLowerCase();
    later();
  });
  source.addEventListener("end", async () => {
    source.close();
    clearTimeout(timer);
    await refresh();
    answers.replaceChildren();
  });
}

function paint() {
  const states = document.getElementById("run-states");
  if (states) document.dispatchEvent(new CustomEvent("graph:states", { detail: JSON.parse(states.textContent) }));
}

function addLine(log, line) {
  if (document.getElementById(`line-${line.id}`)) return;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const item = document.createElement("li");
  item.id = `line-${line.id}`;
  item.className = `log-line level-${LEVELS.includes(line.level) ? line.level : "INFO"}`;
  const time = document.createElement("time");
  time.dateTime = line.at;
  time.textContent = line.at.slice(11, 19);
  item.append(time, " ", part("b", line.level), " ", part("span", line.path, "log-path"), " ", part("span", line.message, "log-text"));
  log.append(item);
  document.getElementById("log-empty").hidden = true;
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function part(name, text, className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

// A new try of the same step begins its text anew.
function addText(answers, piece) {
  const key = `${piece.path}#${piece.attempt}`;
  let card = [...answers.children].find((one) => one.dataset.path === piece.path);
  if (!card) {
    card = part("section", "", "card arriving");
    card.dataset.path = piece.path;
    card.append(part("h2", piece.path), part("pre", ""));
    answers.append(card);
  }
  const text = card.querySelector("pre");
  if (card.dataset.key !== key) text.textContent = "";
  card.dataset.key = key;
  if (text.textContent.length === piece.offset) text.append(piece.text);
}
