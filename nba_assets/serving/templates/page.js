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
