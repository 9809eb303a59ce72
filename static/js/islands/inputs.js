// A form of inputs: asks the server after each change what is asked for now and what is wrong; nothing typed is replaced.
const PAUSE_MS = 350;

export default function inputs(form) {
  const touched = new Set();
  let [timer, asked, passed] = [null, 0, false];

  form.addEventListener("input", later);
  form.addEventListener("change", (event) => { touch(event.target); later(); });
  form.addEventListener("focusout", (event) => { if (event.target.value) { touch(event.target); later(); } });
  // The answer shows all faults; a file that was chosen stays chosen, since nothing is sent until all is right.
  form.addEventListener("submit", async (event) => {
    if (passed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    for (const field of fields()) touched.add(field.dataset.input);
    passed = await check();
    if (passed) form.requestSubmit(submitter);
    else form.querySelector('[aria-invalid="true"]')?.focus();
    passed = false;
  }, true);

  function fields() {
    return [...form.querySelectorAll("[data-input]")].filter((field) => !field.parentElement.closest("[data-input]"));
  }

  function touch(control) {
    const field = fields().find((one) => one.contains(control));
    if (field) touched.add(field.dataset.input);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE_MS);
  }

  // Whether nothing is wrong. Without an answer the form is sent: the server judges it then.
  async function check() {
    clearTimeout(timer);
    const mine = ++asked;
    const body = new FormData(form);
    for (const file of form.querySelectorAll("input[type=file]")) {
      body.delete(file.name);
      if (file.files.length) body.append(`${file.name}:name`, file.files[0].name);
    }
    const response = await fetch(form.dataset.check, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    if (!response?.ok) return true;
    const answer = await response.json();
    if (mine === asked) fields().forEach((field) => show(field, answer.fields[field.dataset.input]));
    form.querySelectorAll("[data-group]").forEach((group) => { group.hidden = ![...group.querySelectorAll("[data-input]")].some((one) => !one.hidden); });
    return Object.values(answer.fields).every((one) => one.hidden || !one.fault);
  }

  function show(field, said) {
    if (!said) return;
    field.hidden = said.hidden;
    const fault = touched.has(field.dataset.input) && !said.hidden ? said.fault : "";
    const line = field.querySelector(":scope > [data-fault]");
    line.textContent = fault;
    line.hidden = !fault;
    const control = field.querySelector("input, select, textarea");
    if (fault) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
    if (said.choices) offer(field.querySelector("[data-choices]"), said.choices);
  }

  function offer(holder, choices) {
    if (!holder || holder.dataset.offered === JSON.stringify(choices)) return;
    holder.dataset.offered = JSON.stringify(choices);
    const kind = holder.dataset.choices;
    const chosen = kind ? [...holder.querySelectorAll(":checked")].map((one) => one.value) : [holder.value];
    const empty = holder.matches("select") ? [""] : [];
    holder.replaceChildren(...[...empty, ...choices].map((value) => (kind ? box(kind, holder.dataset.name, value) : new Option(value, value))));
    if (kind) holder.querySelectorAll("input").forEach((one) => { one.checked = chosen.includes(one.value); });
    else if (holder.matches("select")) holder.value = choices.includes(chosen[0]) ? chosen[0] : "";
  }

  function box(kind, name, value) {
    const [label, input, text] = ["label", "input", "span"].map((tag) => document.createElement(tag));
    label.className = "choice";
    Object.assign(input, { type: kind, name, value });
    text.textContent = value;
    label.append(input, text);
    return label;
  }
}
