// A notice goes after a while, unless it tells of an error or the pointer or focus is on it.
const STAY_MS = 6000;

export default function notice(element) {
  if (element.classList.contains("error")) {
    element.addEventListener("click", () => element.remove());
    return;
  }
  const leave = () => (element.matches(":hover, :focus-within") ? setTimeout(leave, STAY_MS) : element.remove());
  setTimeout(leave, STAY_MS);
}
