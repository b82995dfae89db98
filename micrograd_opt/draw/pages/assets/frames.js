// The graph at several training steps: one layout, in which numbers and colours change.
const { rows, frames } = pageData();
const boxes = rows.map((names, i) => byId(`n${i}`));
const changes = (i, j) => frames.some(({ cells }) => cells[i][j] !== frames[0].cells[i][j]);
const cells = rows.map((names, i) => names.map((name, j) =>
  changes(i, j) ? boxes[i].querySelector(`[data-row="${name}"]`) : null));

/** Show a frame; its place in words. */
function draw(at) {
  const frame = frames[at];
  cells.forEach((texts, i) => texts.forEach((text, j) => {
    if (text) text.textContent = frame.cells[i][j];
  }));
  frame.heat.forEach((heat, i) => { boxes[i].dataset.heat = heat; });
  byId("heading").textContent = frame.name;
  byId("loss").textContent = frame.loss;
  byId("norm").textContent = frame.norm;
  const x = (100 * at) / Math.max(1, frames.length - 1);
  for (const line of document.querySelectorAll(".here")) {
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  }
  return `${frame.name} · ${at + 1}/${frames.length}`;
}

player(frames.length - 1, draw);
show(boxes.at(-1));
