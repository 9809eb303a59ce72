// Sends the form as soon as a file was chosen, also when that was before this script came.
export default function upload(form) {
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => form.requestSubmit());
  if (input.files.length) form.requestSubmit();
}
