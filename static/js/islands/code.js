// A form's textarea as a code editor, coloured by the file's name; Ctrl-S saves, and leaving with changes is asked about.
const MODES = {
  css: "css", csv: "text", html: "html", js: "javascript", json: "json", jsonl: "json", md: "markdown", py: "python",
  sh: "sh", sql: "sql", toml: "toml", xml: "xml", yaml: "yaml", yml: "yaml",
};

export default async function code(form) {
  if (!window.ace) await new Promise((done) => window.addEventListener("load", done, { once: true }));
  const { ace } = window;
  const box = form.querySelector(".file-code");
  const area = box.querySelector("textarea");
  ace.config.set("useStrictCSP", true);
  ace.config.set("loadWorkerFromBlob", false);
  ace.config.set("basePath", box.dataset.basePath);
  const place = document.createElement("div");
  box.append(place);
  const editor = ace.edit(place, {
    useWorker: false, tabSize: 2, useSoftTabs: true, showPrintMargin: false, fontSize: 13, fontFamily: "var(--mono)",
    enableKeyboardAccessibility: true, highlightActiveLine: false, newLineMode: "unix",
  });
  editor.textInput.getElement().setAttribute("aria-label", box.querySelector("label").textContent);
  editor.session.setValue(area.value);
  box.classList.add("started");
  window.millstreamCode = editor; // the door for browser tests and the console

  const name = form.querySelector("[data-name]");
  const colour = () => editor.session.setMode(`ace/mode/${MODES[(name?.value ?? form.dataset.file).split(".").pop().toLowerCase()] ?? "text"}`);
  name?.addEventListener("change", colour);
  colour();

  let changed = false;
  editor.session.on("change", () => { changed = true; area.value = editor.session.getValue(); });
  editor.commands.addCommand({ name: "save", bindKey: { win: "Ctrl-S", mac: "Cmd-S" }, exec: () => form.requestSubmit() });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
