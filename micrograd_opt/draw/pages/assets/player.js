// Back, Play, Next, the slider and the keys of a page that goes from 0 to `last`; `draw` shows one.
// Playing, it stays `still` ms at each; without it so long that a sentence can be read.
function player(last, draw, still = null) {
  const byId = (id) => document.getElementById(id), slider = byId("slider");
  let at = 0, timer = null;

  function go(to) {
    at = Math.max(0, Math.min(last, to));
    slider.max = last;
    slider.value = at;
    byId("back").disabled = at === 0;
    byId("next").disabled = at === last;
    if (at === last) pause();
    slider.setAttribute("aria-valuetext", byId("count").textContent = draw(at));
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    byId("play").textContent = "Play";
  }

  function play() {
    if (at === last) go(0);
    const time = still ?? Math.max(150, Math.min(1600, 12000 / (last + 1)));
    timer = setInterval(() => go(at + 1), time);
    byId("play").textContent = "Pause";
  }

  const toggle = () => (timer === null ? play() : pause());

  /** What the user asks for stops the playing. */
  function by(move) {
    pause();
    go(move);
  }

  const keys = {
    ArrowRight: () => by(at + 1), ArrowLeft: () => by(at - 1),
    Home: () => by(0), End: () => by(Infinity), " ": toggle,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    if (event.key === " " && event.target.closest("button")) return; // it presses the button
    event.preventDefault();
    keys[event.key]();
  });
  slider.addEventListener("input", () => by(Number(slider.value)));
  byId("back").addEventListener("click", () => by(at - 1));
  byId("next").addEventListener("click", () => by(at + 1));
  byId("play").addEventListener("click", toggle);
  go(0);
  return { by, restart: (steps) => { last = steps; by(0); } };
}
