// The graph on its pane.
const byId = (id) => document.getElementById(id);
const svg = byId("graph"), pane = byId("pane");

/** As large as the pane allows, between readable and huge; what does not fit is scrolled to. */
function fit() {
  const { width, height } = svg.viewBox.baseVal;
  document.body.classList.toggle("flat", width > 2.2 * height); // then the words stand below it
  const scale = Math.min(pane.clientWidth / width, pane.clientHeight / height);
  const points = Math.max(1.15, Math.min(2.2, scale));
  svg.style.width = `${width * points}px`;
  svg.style.height = `${height * points}px`;
}

let shown = null;

/** Scroll the pane, and only the pane, until the box is in the middle of it. */
function show(box) {
  shown = box;
  const at = box.getBoundingClientRect(), view = pane.getBoundingClientRect();
  pane.scrollBy({
    left: at.left + at.width / 2 - view.left - view.width / 2,
    top: at.top + at.height / 2 - view.top - view.height / 2,
  });
}

byId("whole").addEventListener("click", ({ target }) => {
  const whole = document.body.classList.toggle("whole");
  target.setAttribute("aria-pressed", whole);
  if (!whole) show(shown);
});
window.addEventListener("resize", fit);
fit();
