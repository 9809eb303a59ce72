// A select that opens what was chosen at once; its form's button is only for those without scripts.
export default function choose(select) {
  select.form.querySelector("button").hidden = true;
  select.addEventListener("change", () => select.form.requestSubmit());
}
