// Asks before a button does what cannot be undone.
export default function confirmFirst(button) {
  button.addEventListener("click", (event) => {
    if (!window.confirm(button.dataset.confirm)) event.preventDefault();
  });
}
