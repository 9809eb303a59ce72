// Sends the form as soon as a file was chosen.
export default function upload(form) {
  form.querySelector("input[type=file]").addEventListener("change", () => form.requestSubmit());
}
