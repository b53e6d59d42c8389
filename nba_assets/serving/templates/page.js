// Without this script the line is a form. With it, chances change as the line does.
const form = document.getElementById("chances");
if (form) {
  const line = document.getElementById("line");
  const said = document.getElementById("said");
  const percent = (value) => `${Math.round(100 * value)}%`;
  const odds = (value) => (value === null ? "–" : value.toFixed(2));
  const show = async () => {
    if (!line.checkValidity() || line.value === "") return;
    const asked = line.value;
    const answer = await fetch(`${form.dataset.of}?line=${encodeURIComponent(asked)}`);
    if (!answer.ok || asked !== line.value) return;
    const found = await answer.json();
    const mark = document.querySelector("svg .line[data-per]");
    mark.setAttribute("x", Number(asked) * Number(mark.dataset.per) - 1);
    said.textContent =
      `Over ${Number(asked).toFixed(1)}: ${percent(found.prob_over)}, fair odds ${odds(found.fair_over)}. ` +
      `Under: ${percent(found.prob_under)}, fair odds ${odds(found.fair_under)}.`;
  };
  line.addEventListener("input", show);
}

// Without this script the switchboard has a button. With it, a tick is enough, and the keyboard stays where it was.
document.addEventListener("change", async (event) => {
  const board = event.target.form;
  if (!board || board.id !== "switchboard") return;
  const asked = new URLSearchParams(new FormData(board)).toString();
  const answer = await fetch(`${location.pathname}?${asked}`);
  const now = new URLSearchParams(new FormData(board)).toString();
  if (!answer.ok || now !== asked) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("main").replaceWith(found.getElementById("main"));
  history.replaceState(null, "", `${location.pathname}?${asked}`);
  document.getElementById(event.target.id).focus();
});
