// Players: pictures that move, and questions that answer back.
//
// The page holds, for each of them, <div class="player"> with a still (a picture, or a question
// and its answers) and, as JSON, the data that common/players.py has made. This script puts a
// stage beside the still. The screen then shows the stage, and paper the still (players.css). If
// it cannot, the browser's console says why and the still remains.
(() => {
  "use strict";

  // Okabe & Ito: told apart by people who do not see all colours. The order is common/plot.py's.
  const COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"];
  const MARKERS = [
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", // circle
    "m-4-4l8 8m-8 0l8-8", // cross
    "m0-5l5 9h-10z", // triangle
    "m-4-4h8v8h-8z", // square
    "m0-5l5 5l-5 5l-5-5z", // diamond
  ];
  const LINES = ["var(--player-forward)", "#009E73", "#CC79A7"]; // seen in either theme
  const SVG_TAGS = new Set("svg g path polyline polygon rect circle line text".split(" "));
  const REDUCED_MOTION = matchMedia("(prefers-reduced-motion: reduce)");

  // Helpers ---------------------------------------------------------------------------------------

  /** An HTML or SVG element. An attribute that is a function listens: onclick, oninput. */
  function el(tag, attributes = {}, ...children) {
    const svg = "http://www.w3.org/2000/svg";
    const made = SVG_TAGS.has(tag)
      ? document.createElementNS(svg, tag)
      : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  function isPlainKey(event) {
    return !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
  }

  function makeStage(label, ...children) {
    return el("div", { class: "player-stage", role: "group", "aria-label": label }, ...children);
  }

  // Steering: what graph and scrubber share -------------------------------------------------------

  const MOVES = [ // buttons left of Play and right of it, with the keys that do the same
    { name: "first", key: "Home", icon: "M2 2h2.5v12H2zM14 2v12L5.5 8z", move: () => -Infinity },
    { name: "back", key: "ArrowLeft", icon: "M13 2v12L3 8z", move: (at) => at - 1 },
    { name: "forward", key: "ArrowRight", icon: "M3 2v12l10-6z", move: (at) => at + 1 },
    { name: "last", key: "End", icon: "M11.5 2H14v12h-2.5zM2 2v12l8.5-6z", move: () => Infinity },
  ];
  const PLAY = "M3 2v12l10-6z";
  const PAUSE = "M3 2h3.5v12H3zM9.5 2H13v12H9.5z";

  function makeIcon(d) {
    return el("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, el("path", { d }));
  }

  /** Buttons, slider and keys that lead from first to last; show(at) draws, say(at) tells. */
  class Steering {
    constructor(div, { first, last, pace, show, say }) {
      Object.assign(this, { div, first, last, pace, show, say, at: last, timer: null });
      div.dataset.last = last;
      div.addEventListener("keydown", (event) => this.press(event));
      this.says = el("p", { class: "player-says", "aria-live": "polite" });
      this.playButton = el("button", {
        type: "button", class: "player-button player-play", onclick: () => this.toggle(),
      });
      this.moveButtons = MOVES.map(({ name, icon, move }) => el("button", {
        type: "button", class: "player-button", "aria-label": name,
        onclick: () => this.jump(move(this.at)),
      }, makeIcon(icon)));
      this.range = el("input", {
        type: "range", class: "player-range", min: first, max: last, "aria-label": "step",
        autocomplete: "off", // a browser that reloads the page must not put it elsewhere
        oninput: () => this.jump(Number(this.range.value)),
      });
      this.controls = el("div", { class: "player-controls" },
        ...this.moveButtons.slice(0, 2), this.playButton, ...this.moveButtons.slice(2), this.range);
      REDUCED_MOTION.addEventListener("change", () => this.jump(this.at));
      this.jump(last);
    }

    limit(at) {
      return Math.min(Math.max(at, this.first), this.last);
    }

    go(at) {
      this.at = this.limit(at);
      this.show(this.at);
      const text = this.say(this.at);
      this.says.textContent = text;
      this.range.value = this.at;
      this.range.setAttribute("aria-valuetext", text);
      this.div.dataset.at = this.at;
      // Not `disabled`: a disabled button would lose the focus, and the keys with it.
      this.moveButtons.forEach((button, i) =>
        button.setAttribute("aria-disabled", this.limit(MOVES[i].move(this.at)) === this.at));
    }

    /** Where the reader leads, playing stops. */
    jump(at) {
      this.pause();
      this.go(at);
    }

    press(event) {
      const found = MOVES.find(({ key }) => key === event.key);
      if (!found || !isPlainKey(event)) return;
      event.preventDefault(); // the slider and the scrolling box would move by themselves, too
      event.stopPropagation(); // Sphinx may turn pages with the arrow keys
      this.jump(found.move(this.at));
    }

    toggle() {
      if (this.timer === null) this.play();
      else this.pause();
    }

    play() {
      this.timer = setInterval(() => this.tick(), this.pace);
      this.markPlaying(PAUSE, "Pause", "off"); // read aloud, each step would cut off the last
      if (this.at === this.last) this.go(this.first);
      else this.tick();
    }

    tick() {
      if (this.at + 1 >= this.last) this.pause();
      this.go(this.at + 1);
    }

    pause() {
      clearInterval(this.timer);
      this.timer = null;
      this.markPlaying(PLAY, "Play", "polite");
    }

    markPlaying(icon, word, live) {
      this.playButton.replaceChildren(makeIcon(icon), word);
      this.says.setAttribute("aria-live", live);
    }
  }

  // Graph -----------------------------------------------------------------------------------------

  function makeTip([x, y], [fromX, fromY], name) {
    const angle = Math.atan2(y - fromY, x - fromX) * 180 / Math.PI;
    const transform = `translate(${x} ${y}) rotate(${angle})`;
    return el("polygon", { class: name, points: "1,0 -11,-5 -11,5", transform });
  }

  /** An edge with two tips: the second, at its start, is seen while gradients come back. */
  function drawEdge({ path }) {
    const points = path.match(/[\d.]+,[\d.]+/g).map((point) => point.split(","));
    const end = makeTip(points.at(-1), points.at(-2), "player-tip");
    const start = makeTip(points[0], points[1], "player-tip-back");
    return el("g", { class: "player-edge" }, el("path", { d: path }), end, start);
  }

  function drawNode({ label, x, y, w, h, input }) {
    const border = { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: h / 2 };
    const name = input ? "player-node player-input" : "player-node";
    return el("g", { class: name }, el("rect", border), el("text", { x, y }, label));
  }

  function drawNumber({ text, x, y }, name) {
    return el("text", { x, y, class: `player-number player-${name}` }, text);
  }

  /** All that is drawn, and whether a step shows it. Nodes hide ends of edges. */
  function drawParts({ nodes, edges, sums }) {
    const numbers = (key, way) => edges.flatMap(({ [key]: number }, i) => (number === null ? []
      : [[drawNumber(number, way), (step) => step.way === way && step.edges.includes(i)]]));
    return [
      ...edges.map((edge, i) => [drawEdge(edge), (step) => step.edges.includes(i)]),
      ...nodes.map((node, i) => [drawNode(node), (step) => step.node === i]),
      ...numbers("value", "forward"),
      ...numbers("grad", "backward"),
      ...Object.entries(sums).map(([i, sum]) =>
        [drawNumber(sum, "backward"), (step) => step.sum === Number(i)]),
    ];
  }

  /** Scrolls the box, never the page, to what the current step shows. */
  function keepInView(scroller) {
    const spots = [...scroller.querySelectorAll(".is-now")].map((e) => e.getBoundingClientRect());
    if (spots.length === 0) return;
    const view = scroller.getBoundingClientRect();
    const left = Math.min(...spots.map((spot) => spot.left));
    const right = Math.max(...spots.map((spot) => spot.right));
    if (left < view.left || right > view.right) {
      scroller.scrollLeft += (left + right - view.left - view.right) / 2;
    }
  }

  function makeGraph(div, data) {
    const { width, height, nodes, steps, caption } = data;
    const parts = drawParts(data);
    const svg = el("svg", {
      class: "player-graph", role: "img", viewBox: `0 0 ${width} ${height}`,
      style: `--player-width:${width}px`,
    }, ...parts.map(([part]) => part));
    const scroller = el("div", {
      class: "player-scroll", tabindex: 0, role: "group",
      "aria-label": "drawing of the graph; scrolls sideways where it does not fit",
    }, svg);
    const begin = () => (REDUCED_MOTION.matches ? "Press →." : "Press → or Play.");
    const say = (at) => (at < 0 ? begin() : steps[at].say);
    const labels = nodes.map((node) => node.label).join(", ");
    /** All that steps 0..at showed is seen; what step `at` shows is emphasised. */
    const show = (at) => {
      const seen = steps.slice(0, at + 1);
      svg.dataset.way = at < 0 ? "" : steps[at].way;
      for (const [part, isShownBy] of parts) {
        part.classList.toggle("is-shown", seen.some(isShownBy));
        part.classList.toggle("is-now", at >= 0 && isShownBy(steps[at]));
      }
      keepInView(scroller);
      const where = at < 0 ? "no numbers yet" : `step ${at + 1} of ${steps.length}: ${say(at)}`;
      svg.setAttribute("aria-label", `Computation graph of ${labels}; ${where}`);
    };
    const last = steps.length - 1;
    const steering = new Steering(div, { first: -1, last, pace: 1800, show, say });
    const legend = el("p", { class: "player-legend" },
      el("span", { class: "player-forward" }, "above: value, forward"),
      el("span", { class: "player-backward" }, "below: gradient, backward"));
    const below = el("p", { class: "player-caption" }, caption);
    return makeStage(caption, scroller, legend, steering.says, steering.controls, below);
  }

  // Charts ----------------------------------------------------------------------------------------

  const CHART = { width: 300, height: 250, top: 26, right: 22, bottom: 44 };

  /** Round numbers, about as many as asked for, between low and high. */
  function ticksBetween([low, high], many) {
    const rough = (high - low) / many;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const first = Math.ceil(low / step);
    const count = Math.floor(high / step) - first + 1;
    return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)));
  }

  /** The axes of a chart, a clipped area for its lines, and what turns numbers into places. */
  function makeChart({ xlim, ylim, xlabel, ylabel }) {
    const [xticks, yticks] = [ticksBetween(xlim, 4), ticksBetween(ylim, 6)];
    const left = 14 + 8 * Math.max(...yticks.map((tick) => String(tick).length));
    const width = CHART.width - left - CHART.right;
    const height = CHART.height - CHART.top - CHART.bottom;
    const share = (value, [low, high]) => (value - low) / (high - low);
    const place = (x, y) => [width * share(x, xlim), height * (1 - share(y, ylim))];
    const area = el("svg", { width, height });
    const axes = el("g", { transform: `translate(${left} ${CHART.top})` },
      ...xticks.map((tick) => drawTick(place(tick, 0)[0], height, 0, height, tick, "x")),
      ...yticks.map((tick) => drawTick(0, place(0, tick)[1], width, 0, tick, "y")),
      el("polyline", { class: "player-axis", points: `0,0 0,${height} ${width},${height}` }),
      el("text", { class: "player-xlabel", x: width / 2, y: height + 38 }, xlabel),
      el("text", { x: 2 - left, y: -11 }, ylabel),
      area);
    const viewBox = `0 0 ${CHART.width} ${CHART.height}`;
    const svg = el("svg", { class: "player-chart", role: "img", viewBox }, axes);
    return { svg, axes, area, place, height };
  }

  /** A grid line and its number: under the axis for x, left of it for y. */
  function drawTick(x, y, across, up, number, axis) {
    const line = el("line", { x1: x, y1: y, x2: x + across, y2: y - up });
    const at = axis === "x" ? { x, y: y + 18 } : { x: -6, y: y + 5 };
    return el("g", { class: `player-tick player-tick-${axis}` }, line, el("text", at, number));
  }

  function pointsOf(chart, xs, ys) {
    return xs.map((x, i) => chart.place(x, ys[i]).map((n) => n.toFixed(1)).join(",")).join(" ");
  }

  function makeLossChart({ at, curve: { steps, losses } }) {
    const ends = [at[0], at.at(-1), steps[0], steps.at(-1)];
    const xlim = [Math.min(...ends), Math.max(...ends, Math.min(...ends) + 1)];
    const [low, high] = [Math.min(...losses), Math.max(...losses)];
    const air = 0.05 * (high - low || Math.abs(high) || 1);
    const ylim = [low - air, high + air];
    const chart = makeChart({ xlim, ylim, xlabel: "step", ylabel: "loss" });
    const points = pointsOf(chart, steps, losses);
    chart.area.append(el("polyline", { class: "player-line", points }));
    const dot = el("circle", { class: "player-now-dot", r: 6 });
    const line = el("line", { class: "player-now-line", y2: chart.height });
    const now = el("g", {}, line, dot);
    chart.axes.append(now);
    const mark = (step, loss) => {
      const [x, y] = chart.place(step, loss ?? low);
      now.setAttribute("transform", `translate(${x} 0)`);
      dot.setAttribute("cy", y);
      dot.classList.toggle("is-shown", loss !== null);
    };
    return { svg: chart.svg, mark };
  }

  // Scrubber: its pictures ------------------------------------------------------------------------

  /** What stands for each name: [drawing of it, name]. */
  function makeLegend(entries) {
    const items = entries.map(([shape, name]) => {
      const sample = el("svg", { viewBox: "-12 -8 24 16", "aria-hidden": "true" }, shape);
      return el("span", {}, sample, name);
    });
    return el("p", { class: "player-legend" }, ...items);
  }

  /** One pixel for each value; the style makes them larger. */
  function paint(canvas, values, colorOf) {
    const pen = canvas.getContext("2d");
    [...values].forEach((value, i) => {
      pen.fillStyle = colorOf(value);
      pen.fillRect(i % canvas.width, Math.floor(i / canvas.width), 1, 1);
    });
  }

  /** A point of a class, with a rim, since it may lie on that class's colour. */
  function drawMarker(label, x = 0, y = 0) {
    const d = `M${x.toFixed(1)} ${y.toFixed(1)}${MARKERS[label]}`;
    const style = `fill:${COLORS[label]};stroke:${COLORS[label]}`;
    const rim = el("path", { class: "player-rim", d });
    return el("g", {}, rim, el("path", { class: "player-marker", d, style }));
  }

  function makeClasses({ width, height, names, points, frames }) {
    const canvas = el("canvas", { width, height }); // its first row is the lowest: players.css
    const size = { width: 360, height: 360 * height / width };
    const markers = points.map(([x, y, label]) =>
      drawMarker(label, x * size.width, (1 - y) * size.height));
    const svg = el("svg", { viewBox: `0 0 ${size.width} ${size.height}` }, ...markers);
    const image = el("div", { class: "player-classes", role: "img" }, canvas, svg);
    const legend = makeLegend(names.map((name, label) => [drawMarker(label), name]));
    const show = (k) => paint(canvas, frames[k], (digit) => COLORS[digit]);
    return { image, legend, show, what: "Regions of the classes" };
  }

  function makeCurves({ x, xlabel, ylabel, ylim, fixed, moving, frames }) {
    const chart = makeChart({ xlim: [Math.min(...x), Math.max(...x)], ylim, xlabel, ylabel });
    const addLine = (points, name, style) => {
      const look = { class: `player-line player-${name}`, style };
      const line = el("polyline", { ...look, points });
      chart.area.append(line);
      return { line, sample: el("polyline", { ...look, points: "-12,0 12,0" }) };
    };
    const entries = Object.entries(fixed).map(([name, ys], i) =>
      [addLine(pointsOf(chart, x, ys), "fixed", `stroke:${LINES[i]}`).sample, name]);
    const { line, sample } = addLine("", "moving", "");
    const legend = makeLegend([...entries, [sample, moving]]);
    const show = (k) => line.setAttribute("points", pointsOf(chart, x, frames[k]));
    return { image: chart.svg, legend, show, what: `${moving} against ${xlabel}` };
  }

  /** 0 is blue, 128 (which stands for zero) white, 255 orange. */
  function colorOf(value) {
    const end = value < 128 ? [0, 114, 178] : [213, 94, 0];
    const share = Math.min(Math.abs(value - 128) / 127, 1);
    return `rgb(${end.map((part) => Math.round(255 + share * (part - 255))).join(" ")})`;
  }

  function drawSwatch(value) {
    const place = { x: -8, y: -7, width: 16, height: 14 };
    return el("rect", { class: "player-swatch", style: `fill:${colorOf(value)}`, ...place });
  }

  function makeImages({ width, height, columns, frames }) {
    const size = width * height;
    const count = frames[0].length / size;
    const pictures = Array.from({ length: count }, () => el("canvas", { width, height }));
    const style = `grid-template-columns:repeat(${columns},minmax(0,1fr))`;
    const image = el("div", { class: "player-images", role: "img", style }, ...pictures);
    const legend = makeLegend([[0, "negative"], [128, "zero"], [255, "positive"]]
      .map(([value, name]) => [drawSwatch(value), name]));
    const show = (k) => pictures.forEach((picture, i) =>
      paint(picture, frames[k].slice(i * size, (i + 1) * size), colorOf));
    return { image, legend, show, what: `${count} pictures` };
  }

  // Scrubber --------------------------------------------------------------------------------------

  const KINDS = { classes: makeClasses, curves: makeCurves, images: makeImages };

  /** The loss at the step of the curve that is nearest; null before the curve begins. */
  function lossAt({ steps, losses }, step) {
    if (step < steps[0]) return null;
    const nearest = steps.reduce((best, s, i) =>
      (Math.abs(s - step) < Math.abs(steps[best] - step) ? i : best), 0);
    return losses[nearest];
  }

  function formatLoss(loss) {
    return Math.abs(loss) >= 1000 ? loss.toFixed(0) : loss.toPrecision(4);
  }

  function makeScrubber(div, data) {
    const { at, curve, caption } = data;
    const picture = KINDS[data.kind](data);
    const chart = makeLossChart(data);
    const losses = at.map((step) => lossAt(curve, step));
    const say = (k) =>
      `step ${at[k]}${losses[k] === null ? "" : `, loss ${formatLoss(losses[k])}`}`;
    const show = (k) => {
      picture.show(k);
      chart.mark(at[k], losses[k]);
      picture.image.setAttribute("aria-label", `${picture.what} at ${say(k)}`);
      chart.svg.setAttribute("aria-label", `Loss against step, marked at ${say(k)}`);
    };
    const pace = Math.min(Math.max(8000 / at.length, 120), 600); // all of it in about 8 seconds
    const steering = new Steering(div, { first: 0, last: at.length - 1, pace, show, say });
    const views = el("div", { class: "player-views" },
      el("div", { class: "player-view" }, picture.image, picture.legend),
      el("div", { class: "player-view" }, chart.svg));
    const below = el("p", { class: "player-caption" }, caption);
    return makeStage(caption, views, steering.says, steering.controls, below);
  }

  // Quiz ------------------------------------------------------------------------------------------

  function makeAnswerButton({ text }, i, choose) {
    const attributes = { type: "button", class: "player-answer", onclick: () => choose(i) };
    if (i < 9) attributes["aria-keyshortcuts"] = i + 1;
    const mark = el("span", { class: "player-mark" });
    const key = el("span", { class: "player-key", "aria-hidden": "true" }, i + 1);
    return el("button", attributes, key, el("span", {}, text), mark);
  }

  function markAnswer(button, isRight) {
    button.classList.add(isRight ? "is-right" : "is-wrong");
    button.querySelector(".player-mark").textContent = isRight ? "✓ right" : "✗ not quite";
  }

  function makeWhy({ text, right, why }) {
    return el("li", {}, el("strong", {}, `${right ? "✓" : "✗"} ${text}: `), why);
  }

  function makeQuiz(div, { question, answers }) {
    const says = el("p", { class: "player-says", "aria-live": "polite" });
    const whys = el("ul", { class: "player-whys" });
    const choose = (i) => {
      if (div.dataset.state === "right" || !(i in answers)) return;
      const { right, why } = answers[i];
      div.dataset.state = right ? "right" : "wrong";
      markAnswer(buttons[i], right);
      says.textContent = `${right ? "Right." : "Not quite."} ${why}`;
      if (!right) return;
      whys.append(...answers.map(makeWhy));
      buttons.forEach((button) => button.setAttribute("aria-disabled", "true"));
    };
    const buttons = answers.map((answer, i) => makeAnswerButton(answer, i, choose));
    div.addEventListener("keydown", (event) => {
      if (/^[1-9]$/.test(event.key) && isPlainKey(event)) choose(Number(event.key) - 1);
    });
    div.dataset.state = "open";
    const asked = el("p", { class: "player-question" }, question);
    const choices = el("div", { class: "player-answers" }, ...buttons);
    return makeStage(question, asked, choices, says, whys);
  }

  // All of them -----------------------------------------------------------------------------------

  const PLAYERS = { graph: makeGraph, scrubber: makeScrubber, quiz: makeQuiz };

  function build(div) {
    const data = JSON.parse(div.querySelector('script[type="application/json"]').textContent);
    if (!Object.hasOwn(PLAYERS, data.player)) throw new Error(`there is no ${data.player} player`);
    div.append(PLAYERS[data.player](div, data));
    div.classList.add("player-live");
  }

  /** One that fails must not take the others with it. */
  function buildAll() {
    for (const div of document.querySelectorAll(".player")) {
      try {
        build(div);
      } catch (cause) {
        reportError(new Error(`${div.id}: ${cause.message}`, { cause }));
      }
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", buildAll);
  else buildAll();
})();
