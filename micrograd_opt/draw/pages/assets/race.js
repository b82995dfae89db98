// A race: every run as it stands after so many gradient evaluations.
const { contenders, budget, rates, scenes } = pageData();
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const state = { scene: scenes[0], tune: scenes[0].tune, chosen: contenders.at(-1), at: 0 };

/** A number in three digits; null stands for infinity. */
function short(x) {
  if (x === null) return "diverged";
  const plain = x === 0 || (Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5);
  return plain ? String(Number(x.toPrecision(3))) : Number(x.toPrecision(3)).toExponential();
}

const lineOf = (name) => contenders.indexOf(name) % 8;

/** An SVG element with attributes; text is its content. */
function shape(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

const rows = () => state.scene.tables[state.tune];
const runOf = (row) => state.scene.runs[row.run];

/** The last step that is done after so many evaluations. */
function stepAt(run, evaluations) {
  let step = run.evaluations.length - 1;
  while (run.evaluations[step] > evaluations) step -= 1;
  return step;
}

// ---- axes: from numbers to places on a chart

function linear(low, high, from, to) {
  return (x) => from + ((x - low) / (high - low || 1)) * (to - from);
}

function logarithmic(low, high, from, to) {
  const place = linear(Math.log10(low), Math.log10(high), from, to);
  return (x) => place(Math.log10(Math.max(x, low)));
}

/** Ticks at 1, 2 or 5 times a power of ten: about `n` of them. */
function ticks(low, high, n = 5) {
  const rough = (high - low) / n, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-9); k += 1) found.push(k * step);
  return found;
}

/** Powers of ten, so many that they can be read. */
function powers(low, high, n = 6) {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first) / n)), found = [];
  for (let k = first; k <= last; k += every) found.push(10 ** k);
  return found;
}

// ---- the plane

const LEFT = 48, RIGHT = 628, TOP = 12, BOTTOM = 488;

/** Heights for the contour lines: so many points lie between two as between any others. */
function levelsOf(heights) {
  const sorted = heights.flat().filter((z) => z !== null).sort((a, b) => a - b);
  const shares = [.03, .06, .1, .17, .25, .35, .45, .55, .65, .75, .85, .93];
  return [...new Set(shares.map((share) => sorted[Math.floor(share * (sorted.length - 1))]))];
}

/** One contour line as an SVG path: a piece for each cell of the grid that it crosses. */
function contour(heights, level, X, Y) {
  const pieces = [];
  const cross = (a, b) => (level - a) / (b - a);
  for (let j = 0; j + 1 < heights.length; j += 1) {
    for (let i = 0; i + 1 < heights[j].length; i += 1) {
      const a = heights[j][i], b = heights[j][i + 1], c = heights[j + 1][i + 1], d = heights[j + 1][i];
      if ([a, b, c, d].includes(null)) continue;
      const ends = [];
      if ((a < level) !== (b < level)) ends.push([i + cross(a, b), j]);
      if ((b < level) !== (c < level)) ends.push([i + 1, j + cross(b, c)]);
      if ((d < level) !== (c < level)) ends.push([i + cross(d, c), j + 1]);
      if ((a < level) !== (d < level)) ends.push([i, j + cross(a, d)]);
      for (let k = 0; k + 1 < ends.length; k += 2) {
        const [from, to] = [ends[k], ends[k + 1]].map(([u, v]) => `${X(u).toFixed(1)} ${Y(v).toFixed(1)}`);
        pieces.push(`M${from}L${to}`);
      }
    }
  }
  return pieces.join("");
}

let places = null; // of the points of the plane

function drawPlane() {
  const plane = byId("plane"), { surface, names } = state.scene;
  plane.replaceChildren();
  if (!surface) return;
  const { limits: [[left, right], [low, high]], heights, minimum } = surface, n = heights.length - 1;
  places = { x: linear(left, right, LEFT, RIGHT), y: linear(low, high, BOTTOM, TOP) };
  const X = linear(0, n, LEFT, RIGHT), Y = linear(0, n, BOTTOM, TOP);
  const clip = shape("clipPath", { id: "inside" });
  clip.append(shape("rect", { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP }));
  plane.append(clip);
  levelsOf(heights).forEach((level, k) => {
    plane.append(shape("path", { class: k < 4 ? "contour low" : "contour", d: contour(heights, level, X, Y) }));
  });
  for (const x of ticks(left, right)) plane.append(shape("text", { x: places.x(x), y: BOTTOM + 16, "text-anchor": "middle" }, short(x)));
  for (const y of ticks(low, high)) plane.append(shape("text", { x: LEFT - 6, y: places.y(y) + 4, "text-anchor": "end" }, short(y)));
  plane.append(shape("text", { x: RIGHT - 8, y: BOTTOM - 8, "text-anchor": "end" }, names[0]));
  plane.append(shape("text", { x: LEFT + 8, y: TOP + 20 }, names[1]));
  plane.append(shape("rect", { class: "axis", x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP }));
  if (minimum) {
    const x = places.x(minimum[0]), y = places.y(minimum[1]);
    plane.append(shape("path", { class: "minimum", d: `M${x - 6} ${y}H${x + 6}M${x} ${y - 6}V${y + 6}` }));
  }
  plane.append(shape("g", { id: "paths", "clip-path": "url(#inside)" }));
}

function drawPaths() {
  const group = byId("paths");
  if (!group) return;
  group.replaceChildren();
  for (const row of rows()) {
    const run = runOf(row), step = stepAt(run, state.at), line = lineOf(row.name);
    const points = run.path.slice(0, step + 1).map(([x, y]) => `${places.x(x).toFixed(1)},${places.y(y).toFixed(1)}`);
    const chosen = row.name === state.chosen ? "chosen" : "";
    group.append(shape("polyline", { "data-line": line, class: chosen, points: points.join(" ") }));
    const [cx, cy] = points.at(-1).split(",");
    group.append(shape("circle", { "data-line": line, class: "dot", cx, cy, r: chosen ? 7 : 5 }));
  }
}

// ---- the curves

const BOX = { left: 52, right: 378, top: 8, bottom: 160 };

function frame(chart, xTicks, X, yTicks, Y, xName) {
  chart.replaceChildren(shape("path", { class: "axis", d: `M${BOX.left} ${BOX.top}V${BOX.bottom}H${BOX.right}` }));
  for (const x of xTicks) chart.append(shape("text", { x: X(x), y: BOX.bottom + 14, "text-anchor": "middle" }, short(x)));
  for (const y of yTicks) chart.append(shape("text", { x: BOX.left - 5, y: Y(y) + 4, "text-anchor": "end" }, short(y)));
  chart.append(shape("text", { x: (BOX.left + BOX.right) / 2, y: BOX.bottom + 27, "text-anchor": "middle" }, xName));
}

/** [lowest, highest] of losses, and what is subtracted: a log scale needs positive numbers. */
function span(losses) {
  const lowest = Math.min(...losses), shift = lowest <= 0 ? lowest : 0;
  const above = losses.map((loss) => loss - shift).filter((x) => x > 0);
  const high = Math.max(...above, 1e-12);
  return [Math.max(Math.min(...above, high), high * 1e-12), high, shift];
}

function drawCurves() {
  const chart = byId("curves"), runs = rows().map(runOf);
  const [low, high, shift] = span([...runs.flatMap((run) => run.losses), state.scene.target]);
  const X = linear(0, budget, BOX.left, BOX.right);
  const Y = logarithmic(low, high, BOX.bottom, BOX.top);
  const name = shift ? `gradient evaluations; loss above ${short(shift)}` : "gradient evaluations";
  frame(chart, ticks(0, budget), X, powers(low, high), Y, name);
  const target = Y(state.scene.target - shift);
  chart.append(shape("path", { class: "target", d: `M${BOX.left} ${target}H${BOX.right}` }));
  rows().forEach((row, k) => {
    const points = runs[k].losses.map((loss, i) => `${X(runs[k].evaluations[i]).toFixed(1)},${Y(loss - shift).toFixed(1)}`);
    chart.append(shape("polyline", { "data-line": lineOf(row.name), points: points.join(" ") }));
  });
  chart.append(shape("path", { id: "cursor", class: "cursor" }));
}

function drawSensitivity() {
  const chart = byId("sensitivity"), pairs = Object.values(state.scene.sensitivity).flat();
  chart.parentElement.hidden = !pairs.length;
  if (!pairs.length) return;
  const [low, high, shift] = span(pairs.map(([, loss]) => loss).filter((loss) => loss !== null));
  const all = pairs.map(([rate]) => rate);
  const X = logarithmic(Math.min(...all), Math.max(...all), BOX.left + 8, BOX.right - 8);
  const inside = logarithmic(low, high, BOX.bottom - 4, BOX.top + 24);
  const Y = (loss) => (loss === null ? BOX.top + 4 : inside(loss - shift));
  const name = shift ? `learning rate; loss above ${short(shift)}` : "learning rate";
  frame(chart, powers(Math.min(...all), Math.max(...all)), X, powers(low, high), (y) => inside(y), name);
  for (const [contender, points] of Object.entries(state.scene.sensitivity)) {
    const line = lineOf(contender);
    const text = points.map(([rate, loss]) => `${X(rate).toFixed(1)},${Y(loss).toFixed(1)}`).join(" ");
    chart.append(shape("polyline", { "data-line": line, points: text }));
    const row = rows().find((one) => one.name === contender);
    const used = row && points.find(([rate]) => rate === row.rate);
    if (used) chart.append(shape("circle", { "data-line": line, class: "ring", cx: X(used[0]), cy: Y(used[1]), r: 6 }));
  }
}

// ---- the table and the words

function sample(line) {
  const svg = shape("svg", { viewBox: "0 0 40 12" });
  svg.append(shape("path", { "data-line": line, d: "M1 6H39" }));
  return svg;
}

function timed(row) {
  const cell = element("td", "timed", row.evaluations === null ? "never" : String(row.evaluations));
  if (row.evaluations !== null) {
    const bar = element("span", "bar");
    bar.style.width = `${(4 * row.evaluations) / budget}rem`;
    cell.append(bar);
  }
  return cell;
}

function drawTable() {
  byId("table").replaceChildren(...rows().map((row) => {
    const button = element("button", "", row.name);
    button.id = `choose-${row.name}`;
    button.setAttribute("aria-pressed", row.name === state.chosen);
    button.addEventListener("click", () => { state.chosen = row.name; drawTable(); draw(state.at); });
    const name = element("td"), line = element("td"), now = element("td");
    name.append(button);
    line.append(sample(lineOf(row.name)));
    now.id = `now-${row.name}`;
    const quartiles = row.lower === row.upper ? short(row.lower) : `${short(row.lower)} … ${short(row.upper)}`;
    const made = element("tr");
    made.append(line, name, element("td", "", row.rate === null ? "its own" : short(row.rate)), now,
      timed(row), element("td", "", `${row.wins} of ${state.scene.starts}`),
      element("td", "", short(row.loss)), element("td", "", quartiles));
    return made;
  }));
  const ended = rows().flatMap((row) => Object.entries(row.ended).map(([why, count]) => `${row.name}, from ${count} of ${state.scene.starts} starts: ${why}.`));
  const edge = rows().filter((row) => row.at_edge).map((row) => row.name);
  if (edge.length) ended.push(`${edge.join(", ")}: the best rate is the last of the grid; there may be a better one.`);
  byId("note").textContent = ended.join(" ");
}

/** The text of a step with its numbers put in. */
function told(run, step) {
  if (step === 0) return "The start: no step yet.";
  const [text, numbers] = run.words[step - 1] ?? [0, []];
  let next = 0;
  return (run.texts[text] ?? "").replace(/#/g, () => numbers[next++]);
}

function draw(at) {
  state.at = at;
  drawPaths();
  for (const row of rows()) {
    const run = runOf(row), step = stepAt(run, at);
    const over = run.ended && step === run.losses.length - 1;
    byId(`now-${row.name}`).textContent = over ? "ended" : short(run.losses[step]);
  }
  const place = linear(0, budget, BOX.left, BOX.right)(at);
  byId("cursor").setAttribute("d", `M${place} ${BOX.top}V${BOX.bottom}`);
  const row = rows().find((one) => one.name === state.chosen) ?? rows()[0];
  const run = runOf(row), step = stepAt(run, at);
  byId("told").textContent = `${row.name}: step ${step} of ${run.losses.length - 1}`;
  byId("update").textContent = run.words.length || step === 0 ? told(run, step) : "Too many numbers to tell.";
  return `${at}/${budget}`;
}

function redraw() {
  for (const tune of ["same", "each", "defaults"]) {
    byId(tune).setAttribute("aria-pressed", tune === state.tune);
    byId(tune).disabled = !state.scene.tables[tune];
  }
  byId("title").textContent = state.scene.title;
  byId("label").textContent = state.scene.label;
  byId("scene").setAttribute("aria-valuetext", state.scene.label);
  byId("heading").textContent = rates[state.tune];
  drawPlane();
  drawCurves();
  drawSensitivity();
  drawTable();
  draw(state.at);
}

for (const tune of ["same", "each", "defaults"]) {
  byId(tune).addEventListener("click", () => { state.tune = tune; redraw(); });
}
byId("scenes").hidden = scenes.length === 1;
byId("scene").max = scenes.length - 1;
byId("scene").addEventListener("input", ({ target }) => { state.scene = scenes[target.value]; redraw(); });
redraw();
player(budget, draw, 8000 / budget);
