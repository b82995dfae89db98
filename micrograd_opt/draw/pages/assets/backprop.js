// Backprop step by step. A step is drawn from scratch: blank everything, replay what came before.
const { nodes, heat, ...passes } = pageData();
const boxes = nodes.map((node, i) => byId(`n${i}`));
const overlay = svg.firstElementChild.appendChild(shape("g", { class: "overlay" }));
let pass = "backward";

/** An SVG element; its text, if any, is only text. */
function shape(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// ---- the graph

/** A row of a box, line by line, number by number in columns; blank without lines. */
function write(i, row, lines = [], more = false) {
  boxes[i].querySelectorAll(`[data-row="${row}"]`).forEach((text, k) => {
    const right = Number(text.getAttribute("x")), digit = 0.556 * text.getAttribute("font-size");
    const line = lines[k] ?? [], last = line.length - 1;
    const x = (column) => right - digit * (2 * more + (last - column) * nodes[i].pitch[row]);
    text.replaceChildren(...line.map((number, column) => shape("tspan", { x: x(column) }, number)));
    if (more && k === lines.length - 1) text.append(shape("tspan", { x: right }, "+"));
  });
}

const replay = {
  backward: ({ node, cell, sent }) => {
    write(node, "grad", cell);
    boxes[node].dataset.heat = heat[node];
    for (const { to, cell, more } of sent) write(to, "grad", cell, more);
  },
  forward: ({ node }) => write(node, "data", nodes[node].data),
};

function drawGraph(steps, at) {
  const states = ["lit", "receives", "carries"];
  for (const group of svg.querySelectorAll(".node, .edge")) group.classList.remove(...states);
  overlay.replaceChildren();
  nodes.forEach(({ given, data }, i) => {
    delete boxes[i].dataset.heat;
    write(i, "data", given || pass === "backward" ? data : []);
    write(i, "grad");
  });
  steps.slice(0, at).forEach(replay[pass]);
  if (at) light(steps[at - 1]);
  else if (steps.length) show(boxes[steps[0].node]);
}

/** Light the node whose turn it is, the arrows in use, and what lies at their ends. */
function light({ node, sent }) {
  const box = boxes[node], { x, y } = box.getBBox();
  box.classList.add("lit");
  overlay.append(
    shape("rect", { class: "now", x: x + 6, y: y - 9, width: 25, height: 12, rx: 3 }),
    shape("text", { class: "now", x: x + 18.5, y }, "now"));
  for (const { arrow, to, flow } of sent) {
    byId(arrow).classList.add("carries");
    if (to !== undefined) boxes[to].classList.add("receives");
    if (flow) {
      const path = byId(arrow).querySelector("path");
      const middle = path.getPointAtLength(path.getTotalLength() / 2);
      overlay.append(shape("text", { class: "flow", x: middle.x, y: middle.y - 4 }, flow));
    }
  }
  show(box);
}

// ---- the words

/** A number as it is, a small Tensor as a table, a large one as its shape and norm. */
function quantity(value) {
  if (typeof value === "string") return value;
  if (!value.rows) return `${value.shape}, ‖·‖ = ${value.norm}`;
  const rows = value.rows.map((row) =>
    element("tr", "", ...row.map((number) => element("td", "", number))));
  const wide = value.rows[0].length > 3 ? "tensor wide" : "tensor";
  const table = element("table", wide, element("tbody", "", ...rows));
  table.setAttribute("aria-label", `shape ${value.shape}`);
  return table;
}

const line = (name, [said, note], value) =>
  element("div", "line", element("dt", "", name),
    element("dd", "", said, note ? element("small", "", note) : ""),
    element("dd", "value", quantity(value)));

const card = (title, as, ...lines) => element("section", "card",
  title && element("h3", "", title, element("small", "", as)), element("dl", "", ...lines.flat()));

const cards = {
  backward: ({ made, arrived, gradient, sent }) => [
    card("", "",
      made ? line("z", made.rule, made.data) : [],
      arrived.length > 1 ? arrived.map(({ from, part }) => line("", [`from ${from}`], part)) : [],
      line("g", [["to begin with", `from ${arrived[0]?.from}`, "their sum"][Math.min(2, arrived.length)]],
        gradient)),
    ...sent.map((one) => card(`${nodes[one.to].name} gets`, `as ${one.as}`,
      one.local === null ? [] : line(`∂z/∂${one.as}`, ["local derivative"], one.local),
      line("sent", one.rule, one.part),
      line("sum", [one.sum], one.total)))],
  forward: ({ inputs, rule, data }) => [
    card("", "",
      inputs.map(({ as, name, data }) => line(as, [name], data)), line("z", rule, data))],
};

const beginning = {
  backward: "The forward pass is done and no gradient is known. Next begins at the last node.",
  forward: "Leaves and constants are given. Next computes the first of the other nodes.",
};

/** Show a step; its place in words. */
function draw(at) {
  const steps = passes[pass], step = steps[at - 1];
  drawGraph(steps, at);
  byId("heading").textContent = step ? nodes[step.node].name : "Start";
  byId("sentence").textContent = step ? step.sentence : beginning[pass];
  byId("cards").replaceChildren(...(step ? cards[pass](step) : []));
  return `step ${at} of ${steps.length}`;
}

// ---- the controls

const controls = player(passes[pass].length, draw);

function choose(chosen) {
  pass = chosen;
  for (const name of Object.keys(passes)) byId(name).setAttribute("aria-pressed", name === pass);
  controls.restart(passes[pass].length);
}

for (const name of Object.keys(passes)) byId(name).addEventListener("click", () => choose(name));
boxes.forEach((box, i) => box.addEventListener("click", () => {
  const turn = passes[pass].findIndex(({ node }) => node === i);
  if (turn >= 0) controls.by(turn + 1);
}));
choose("backward");
