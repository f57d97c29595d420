// Players: pictures that move, and questions that answer back.
//
// The page holds, for each of them, <div class="player"> with a still (a picture, or a question
// and its answers) and the data as JSON. This script puts a stage beside the still. The screen
// then shows the stage, and paper the still (players.css). If the data is not as it should be,
// the browser's console says so and the still remains.
(() => {
  "use strict";

  // Okabe & Ito: told apart by people who do not see all colours. The order is common/plot.py's.
  const COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"];
  const MARKERS = [
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", // circle
    "M-4 -4L4 4M-4 4L4 -4", // cross
    "M0 -5L5 4H-5Z", // triangle
    "M-4 -4H4V4H-4Z", // square
    "M0 -5L5 0L0 5L-5 0Z", // diamond
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

  function need(isSo, message) {
    if (!isSo) throw new Error(message);
  }

  function needList(list, name, length = null) {
    need(Array.isArray(list) && list.length > 0, `${name} must be a list that is not empty`);
    const fits = length === null || list.length === length;
    need(fits, `${name} has ${list.length} entries, expected ${length}`);
  }

  function needNumbers(list, name, length = null) {
    needList(list, name, length);
    need(list.every(Number.isFinite), `${name} must hold numbers`);
  }

  function isPlainKey(event) {
    return !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
  }

  function makeStage(label, ...children) {
    return el("div", { class: "player-stage", role: "group", "aria-label": label }, ...children);
  }

  // Steering: what graph and scrubber share -------------------------------------------------------

  const ICONS = {
    first: "M2 2h2.5v12H2zM14 2v12L5.5 8z",
    back: "M13 2v12L3 8z",
    play: "M3 2v12l10-6z",
    pause: "M3 2h3.5v12H3zM9.5 2H13v12H9.5z",
    forward: "M3 2v12l10-6z",
    last: "M11.5 2H14v12h-2.5zM2 2v12l8.5-6z",
  };
  const MOVES = {
    ArrowLeft: (steering) => steering.at - 1,
    ArrowRight: (steering) => steering.at + 1,
    Home: (steering) => steering.first,
    End: (steering) => steering.last,
  };

  function makeIcon(name) {
    const path = el("path", { d: ICONS[name] });
    return el("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
  }

  /** Buttons, slider and keys that lead from first to last; show(at) draws, say(at) tells. */
  class Steering {
    constructor(div, { first, last, pace, show, say }) {
      Object.assign(this, { div, first, last, pace, show, say, at: first, timer: null });
      div.dataset.last = last;
      this.says = el("p", { class: "player-says", "aria-live": "polite" });
      this.range = this.makeRange();
      this.playButton = el("button", {
        type: "button", class: "player-button player-play", onclick: () => this.toggle(),
      });
      this.toStart = [this.makeButton("first", "Home"), this.makeButton("back", "ArrowLeft")];
      this.toEnd = [this.makeButton("forward", "ArrowRight"), this.makeButton("last", "End")];
      const buttons = [...this.toStart, this.playButton, ...this.toEnd];
      this.controls = el("div", { class: "player-controls" }, ...buttons, this.range);
      div.addEventListener("keydown", (event) => this.press(event));
      REDUCED_MOTION.addEventListener("change", () => this.jump(this.at));
      this.pause();
    }

    makeRange() {
      const onInput = () => this.jump(Number(this.range.value));
      const ends = { min: this.first, max: this.last, step: 1 };
      // autocomplete: a browser that reloads the page must not put the slider elsewhere
      const look = { type: "range", class: "player-range", autocomplete: "off" };
      return el("input", { ...look, ...ends, "aria-label": "step", oninput: onInput });
    }

    makeButton(name, key) {
      const onClick = () => this.jump(MOVES[key](this));
      const attributes = { type: "button", class: "player-button", "aria-label": name };
      return el("button", { ...attributes, onclick: onClick }, makeIcon(name));
    }

    go(at) {
      this.at = Math.min(Math.max(at, this.first), this.last);
      this.show(this.at);
      const text = this.say(this.at);
      this.says.textContent = text;
      this.range.value = this.at;
      this.range.setAttribute("aria-valuetext", text);
      this.div.dataset.at = this.at;
      // Not `disabled`: a disabled button would lose the focus, and the keys with it.
      this.toStart.forEach((b) => b.setAttribute("aria-disabled", this.at === this.first));
      this.toEnd.forEach((b) => b.setAttribute("aria-disabled", this.at === this.last));
    }

    /** Where the reader leads, playing stops. */
    jump(at) {
      this.pause();
      this.go(at);
    }

    press(event) {
      const move = MOVES[event.key];
      if (!move || !isPlainKey(event)) return;
      event.preventDefault(); // the slider and the scrolling box would move by themselves, too
      event.stopPropagation(); // Sphinx may turn pages with the arrow keys
      this.jump(move(this));
    }

    toggle() {
      if (this.timer === null) this.play();
      else this.pause();
    }

    play() {
      this.timer = setInterval(() => this.tick(), this.pace);
      this.markPlaying("pause", "Pause", "off"); // read aloud, each step would cut off the last
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
      this.markPlaying("play", "Play", "polite");
    }

    markPlaying(icon, word, live) {
      this.playButton.replaceChildren(makeIcon(icon), word);
      this.says.setAttribute("aria-live", live);
    }
  }

  // Graph: where everything stands ----------------------------------------------------------------

  const BOX = 36; // height of a node, in units of the drawing; a short label makes it a circle
  const FONT = 15; // must be that of .player-graph text
  const LINE = 18; // height of a number
  const READABLE = 12; // CSS pixels: smaller text is no help, the drawing scrolls instead
  const SAMPLES = 60; // points on an edge

  /** Text → its width. Bold, for so are the numbers of the current step. */
  function makeRuler(div) {
    const pen = el("canvas").getContext("2d");
    pen.font = `bold ${FONT}px ${getComputedStyle(div).fontFamily}`;
    return (text) => pen.measureText(text).width;
  }

  function overlap(a, b, space = 0) {
    return Math.abs(a.x - b.x) < (a.w + b.w) / 2 + space
      && Math.abs(a.y - b.y) < (a.h + b.h) / 2 + space;
  }

  /** A box for each node: {x, y, w, h}, x and y of its middle, y growing downwards. */
  function placeNodes(nodes, gap, ruler) {
    const widths = nodes.map((node) => Math.max(BOX, ruler(node.label) + 20));
    const columns = [...new Set(nodes.map((node) => node.x))].sort((a, b) => a - b);
    const middles = new Map();
    let right = 0;
    for (const column of columns) {
      const width = Math.max(...widths.filter((_, i) => nodes[i].x === column));
      middles.set(column, right + width / 2);
      right += width + gap;
    }
    const unit = heightOfRow(nodes);
    return nodes.map(({ x, y }, i) => ({ x: middles.get(x), y: -unit * y, w: widths[i], h: BOX }));
  }

  /** So that nodes of one column, and what stands between them, do not touch. */
  function heightOfRow(nodes) {
    const apart = nodes.flatMap((a) =>
      nodes.filter((b) => a !== b && a.x === b.x).map((b) => Math.abs(a.y - b.y)));
    const least = Math.min(1, ...apart);
    need(least > 0, "two nodes stand in one place");
    return 92 / least;
  }

  /** Points from the border of one box to that of another. bend > 0 sags, as in common/graph.py. */
  function samplePath(from, to, bend) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const share = bend * Math.max(1, 150 / Math.hypot(dx, dy)); // room for numbers between two
    const middle = { x: from.x + 0.6 * dx, y: from.y + share * dx };
    const points = Array.from({ length: SAMPLES + 1 }, (_, i) => {
      const t = i / SAMPLES;
      const mix = (key) =>
        (1 - t) ** 2 * from[key] + 2 * t * (1 - t) * middle[key] + t ** 2 * to[key];
      return { x: mix("x"), y: mix("y"), w: 0, h: 0 };
    });
    return points.filter((point) => !overlap(point, from, 4) && !overlap(point, to, 4));
  }

  /** The path of an edge: bent more than asked where it would run through another node. */
  function findPath(edge, boxes, gap) {
    const from = boxes[edge.source];
    const outside = { x: from.x + from.w / 2 + gap, y: from.y, w: 0, h: 0 };
    const to = edge.target === null ? outside : boxes[edge.target];
    const others = boxes.filter((box) => box !== from && box !== to);
    const isClear = (path) => !path.some((point) => others.some((box) => overlap(point, box, 8)));
    const paths = [edge.bend, -0.3, 0.3, -0.5, 0.5, -0.7, 0.7].map((b) => samplePath(from, to, b));
    return paths.find(isClear) ?? paths[0];
  }

  /** The box of a number that touches a path from above or below, at a share of its length. */
  function boxBeside(path, share, text, isAbove, ruler) {
    const i = Math.round(share * (path.length - 1));
    const [before, after] = [path[Math.max(i - 1, 0)], path[Math.min(i + 1, path.length - 1)]];
    const length = Math.hypot(after.x - before.x, after.y - before.y);
    const [nx, ny] = [(after.y - before.y) / length, (before.x - after.x) / length];
    const w = ruler(text);
    const away = Math.abs(nx) * w / 2 + Math.abs(ny) * LINE / 2 + 3;
    const side = ny < 0 === isAbove ? away : -away;
    return { text, x: path[i].x + nx * side, y: path[i].y + ny * side, w, h: LINE };
  }

  /** Where, on its side of its path, a number disturbs least: first of all nothing to read. */
  function findRoom({ path, text, isAbove }, taken, paths, ruler) {
    const cost = (box) => 10 * taken.filter((other) => overlap(box, other, 2)).length
      + paths.filter((other) => other.some((point) => overlap(box, point))).length;
    const choices = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9].map((share) => {
      const box = boxBeside(path, share, text, isAbove, ruler);
      return { box, cost: cost(box) };
    });
    return choices.reduce((best, one) => (one.cost < best.cost ? one : best)).box;
  }

  /** Boxes for the values, above the edges, and for the gradients, below them. */
  function placeNumbers(edges, paths, obstacles, ruler) {
    const numbers = edges.flatMap(({ value, grad }, i) => [
      { i, way: "forward", path: paths[i], text: value, isAbove: true },
      { i, way: "backward", path: paths[i], text: grad, isAbove: false },
    ]).filter(({ text }) => text);
    for (let round = 0; round < 3; round += 1) { // one that came first may have to make room
      for (const number of numbers) {
        const others = numbers.filter((other) => other !== number && other.box);
        const taken = [...obstacles, ...others.map(({ box }) => box)];
        number.box = findRoom(number, taken, paths, ruler);
      }
    }
    return numbers;
  }

  function layOut(data, ruler) {
    const texts = data.edges.flatMap((edge) => [edge.value, edge.grad]).filter(Boolean);
    const gap = Math.max(60, 36 + Math.max(0, ...texts.map(ruler)));
    const nodes = placeNodes(data.nodes, gap, ruler);
    const paths = data.edges.map((edge) => findPath(edge, nodes, gap));
    const sums = Object.entries(data.sums ?? {}).map(([i, sum]) => {
      const text = `sum ${sum}`;
      const y = nodes[i].y + BOX / 2 + 10;
      return { node: Number(i), text, x: nodes[i].x, y, w: ruler(text), h: LINE };
    });
    const numbers = placeNumbers(data.edges, paths, [...nodes, ...sums], ruler);
    return { nodes, paths, sums, numbers };
  }

  // Graph: the drawing ----------------------------------------------------------------------------

  function makeTip(at, from) {
    const angle = Math.atan2(at.y - from.y, at.x - from.x) * 180 / Math.PI;
    const transform = `translate(${at.x} ${at.y}) rotate(${angle})`;
    return el("polygon", { points: "2,0 -9,-5 -9,5", transform });
  }

  /** An edge with two tips: the second, at its start, is seen while gradients come back. */
  function drawEdge(path) {
    const points = path.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    const line = el("polyline", { points });
    const end = el("g", { class: "player-tip" }, makeTip(path.at(-1), path.at(-4)));
    const start = el("g", { class: "player-tip player-tip-back" }, makeTip(path[0], path[3]));
    return el("g", { class: "player-edge" }, line, end, start);
  }

  function drawText({ x, y, text }, name) {
    return el("text", { x, y, class: `player-${name}` }, text);
  }

  function drawNode({ x, y, w, h }, node) {
    const rx = w === h ? h / 2 : 8;
    const border = el("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx });
    const name = node.input ? "player-node player-input" : "player-node";
    return el("g", { class: name }, border, drawText({ x, y, text: node.label }, "label"));
  }

  function drawGraph(data, ruler) {
    const { nodes, paths, sums, numbers } = layOut(data, ruler);
    const parts = {
      edges: paths.map(drawEdge),
      nodes: nodes.map((box, i) => drawNode(box, data.nodes[i])),
      numbers: numbers.map(({ box, way }) => drawText(box, way === "forward" ? "value" : "grad")),
      sums: sums.map((box) => drawText(box, "sum")),
    };
    const boxes = [nodes, paths, sums, numbers.map(({ box }) => box)].flat(2);
    // In this order, so that nodes hide ends of edges, and no edge runs over a number.
    const children = Object.values(parts).flat();
    const svg = el("svg", { class: "player-graph", role: "img", ...frameOf(boxes) }, ...children);
    return { svg, parts, numbers, sums };
  }

  function frameOf(boxes) {
    const space = 8;
    const left = Math.min(...boxes.map((box) => box.x - box.w / 2)) - space;
    const top = Math.min(...boxes.map((box) => box.y - box.h / 2)) - space;
    const width = Math.max(...boxes.map((box) => box.x + box.w / 2)) + space - left;
    const height = Math.max(...boxes.map((box) => box.y + box.h / 2)) + space - top;
    const style = `min-width:${Math.ceil(width * READABLE / FONT)}px;max-width:${width * 1.2}px`;
    return { viewBox: [left, top, width, height].map(Math.round).join(" "), style };
  }

  /** All that steps 0..at showed is seen; what step `at` shows is emphasised. */
  function showStep({ svg, parts, numbers, sums }, steps, at) {
    const seen = steps.slice(0, at + 1);
    const now = steps[at];
    const mark = (part, isShownBy) => {
      part.classList.toggle("is-shown", seen.some(isShownBy));
      part.classList.toggle("is-now", now !== undefined && isShownBy(now));
    };
    svg.dataset.way = now?.way ?? "";
    parts.edges.forEach((edge, i) => mark(edge, (step) => step.edges.includes(i)));
    parts.nodes.forEach((node, i) => mark(node, (step) => step.node === i));
    parts.sums.forEach((text, i) => mark(text, (step) => step.sum === sums[i].node));
    parts.numbers.forEach((text, k) => {
      const { i, way } = numbers[k];
      mark(text, (step) => step.way === way && step.edges.includes(i));
    });
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

  function checkGraph({ nodes, edges, steps, sums = {} }) {
    needList(nodes, "nodes");
    needList(edges, "edges");
    needList(steps, "steps");
    const isNode = (i) => Number.isInteger(Number(i)) && i in nodes;
    for (const { label, x, y } of nodes) {
      need(typeof label === "string", "a node has no label");
      needNumbers([x, y], `the place of ${label}`);
    }
    for (const { source, target, value, grad, bend } of edges) {
      need(isNode(source) && (target === null || isNode(target)), "an edge joins no nodes");
      need([value, grad].every((text) => typeof text === "string"), "a number must be a text");
      needNumbers([bend], "bend");
    }
    need(Object.keys(sums).every(isNode), "sums names a node that is not there");
    steps.forEach((step, i) => checkStep(step, `step ${i}`, edges, isNode, sums));
  }

  function checkStep({ way, edges: named, node, sum, say }, name, edges, isNode, sums) {
    need(way === "forward" || way === "backward", `${name} goes neither forward nor backward`);
    need(typeof say === "string", `${name} says nothing`);
    need(Array.isArray(named) && named.every((i) => i in edges), `${name}: no such edge`);
    need(node === null || isNode(node), `${name}: no such node`);
    need(sum === undefined || sum === null || sum in sums, `${name}: no such sum`);
  }

  function makeGraph(div, data) {
    checkGraph(data);
    const { steps } = data;
    const graph = drawGraph(data, makeRuler(div));
    const label = "drawing of the graph; scrolls sideways where it does not fit";
    const attributes = { class: "player-scroll", tabindex: 0, role: "group", "aria-label": label };
    const scroller = el("div", attributes, graph.svg);
    const begin = () => (REDUCED_MOTION.matches ? "Press →." : "Press → or Play.");
    const say = (at) => (at < 0 ? begin() : steps[at].say);
    const labels = data.nodes.map((node) => node.label).join(", ");
    const show = (at) => {
      showStep(graph, steps, at);
      keepInView(scroller);
      const where = at < 0 ? "no numbers yet" : `step ${at + 1} of ${steps.length}: ${say(at)}`;
      graph.svg.setAttribute("aria-label", `Computation graph of ${labels}; ${where}`);
    };
    const last = steps.length - 1;
    const steering = new Steering(div, { first: -1, last, pace: 1800, show, say });
    steering.go(steering.last); // all numbers, as in the still; Play begins at the beginning
    const legend = el("p", { class: "player-legend" },
      el("span", { class: "player-forward" }, "above: value, forward"),
      el("span", { class: "player-backward" }, "below: gradient, backward"));
    const caption = el("p", { class: "player-caption" }, data.caption);
    return makeStage(data.caption, scroller, legend, steering.says, steering.controls, caption);
  }

  // Charts ----------------------------------------------------------------------------------------

  const CHART = { width: 300, height: 250, top: 26, right: 22, bottom: 44 };

  /** Round numbers, about as many as asked for, between low and high. */
  function ticksBetween(low, high, many) {
    const rough = (high - low) / many;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const first = Math.ceil(low / step);
    const count = Math.floor(high / step) - first + 1;
    return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)));
  }

  /** Powers of ten; with their doubles and fives where those are few; else evenly spaced. */
  function logTicksBetween(low, high, many) {
    const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const powers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const multiples = (factors) => powers.flatMap((p) => factors.map((f) => Number(`${f}e${p}`)))
      .filter((tick) => tick >= low && tick <= high);
    return [multiples([1]), multiples([1, 2, 5])].find((ticks) => ticks.length > 2)
      ?? ticksBetween(low, high, many);
  }

  /** From a number between low and high to a place on an axis `length` long. */
  function makeScale([low, high], length, many, log = false) {
    const measure = log ? Math.log10 : (value) => value;
    const [from, to] = [measure(low), measure(high)];
    const ticks = (log ? logTicksBetween : ticksBetween)(low, high, many);
    return { ticks, place: (value) => length * (measure(value) - from) / (to - from) };
  }

  /** The axes of a chart, a clipped area for its lines, and what turns numbers into places. */
  function makeChart({ xlim, ylim, xlabel, ylabel, log = false }) {
    const height = CHART.height - CHART.top - CHART.bottom;
    const y = makeScale(ylim, height, 6, log);
    const left = 14 + 8 * Math.max(...y.ticks.map((tick) => String(tick).length));
    const width = CHART.width - left - CHART.right;
    const x = makeScale(xlim, width, 4);
    const place = (a, b) => [x.place(a), height - y.place(b)].map((n) => n.toFixed(1));
    const area = el("svg", { width, height });
    const axes = el("g", { transform: `translate(${left} ${CHART.top})` },
      ...x.ticks.map((tick) => drawTick(x.place(tick), height, 0, height, tick, "x")),
      ...y.ticks.map((tick) => drawTick(0, height - y.place(tick), width, 0, tick, "y")),
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
    return xs.map((x, i) => chart.place(x, ys[i]).join(",")).join(" ");
  }

  /** The least and the greatest, and some air around them. */
  function limitsOf(values, log = false) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (log) {
      const air = Math.max((high / low) ** 0.05, 1.05);
      return [low / air, high * air];
    }
    const air = 0.05 * (high - low || Math.abs(high) || 1);
    return [low - air, high + air];
  }

  function makeLossChart({ at, curve: { steps, losses }, log }) {
    const ends = [at[0], at.at(-1), steps[0], steps.at(-1)];
    const xlim = [Math.min(...ends), Math.max(...ends, Math.min(...ends) + 1)];
    const labels = { xlabel: "step", ylabel: log ? "loss (log scale)" : "loss" };
    const chart = makeChart({ xlim, ylim: limitsOf(losses, log), log, ...labels });
    const points = pointsOf(chart, steps, losses);
    chart.area.append(el("polyline", { class: "player-line", points }));
    const line = el("line", { class: "player-now-line", y1: 0, y2: chart.height });
    const dot = el("circle", { class: "player-now-dot", r: 6 });
    chart.axes.append(line, dot);
    const mark = (step, loss) => {
      const [x, y] = chart.place(step, loss ?? losses[0]);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", y);
      dot.classList.toggle("is-shown", loss !== null);
    };
    return { svg: chart.svg, mark };
  }

  // Scrubber: its pictures ------------------------------------------------------------------------

  /** What stands for each name: [drawing of it, name]. */
  function makeLegend(entries) {
    const items = entries.map(([paths, name]) => {
      const sample = el("svg", { viewBox: "-12 -8 24 16", "aria-hidden": "true" }, paths);
      return el("span", {}, sample, name);
    });
    return el("p", { class: "player-legend" }, ...items);
  }

  function redrawOnTheme(draw) {
    const watched = { attributes: true, attributeFilter: ["data-theme"] };
    new MutationObserver(draw).observe(document.documentElement, watched);
  }

  /** One pixel for each digit of the frame, whose first row is the lowest. */
  function paintRegions({ width, height }, frame) {
    const small = el("canvas", { width, height });
    const pen = small.getContext("2d");
    [...frame].forEach((digit, i) => {
      pen.fillStyle = COLORS[digit];
      pen.fillRect(i % width, height - 1 - Math.floor(i / width), 1, 1);
    });
    return small;
  }

  function drawClasses(canvas, data, frame, { paper, ink }) {
    const pen = canvas.getContext("2d");
    const { width, height } = canvas;
    pen.fillStyle = paper;
    pen.fillRect(0, 0, width, height);
    pen.imageSmoothingEnabled = false;
    pen.globalAlpha = 0.35;
    pen.drawImage(paintRegions(data, frame), 0, 0, width, height);
    pen.globalAlpha = 1;
    for (const [x, y, label] of data.points) {
      pen.setTransform(2, 0, 0, 2, x * width, (1 - y) * height); // two pixels for each unit
      drawMarker(pen, label, ink);
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
  }

  function drawMarker(pen, label, ink) {
    const marker = new Path2D(MARKERS[label]);
    pen.strokeStyle = ink; // a rim, since a class's points may lie on that class's colour
    pen.lineWidth = 3.5;
    pen.stroke(marker);
    pen.strokeStyle = pen.fillStyle = COLORS[label];
    pen.lineWidth = 2;
    pen.stroke(marker);
    pen.fill(marker);
  }

  function checkClasses({ frames, width, height, names, points }) {
    needList(names, "names");
    need(names.length <= COLORS.length, `names: there are markers for ${COLORS.length} classes`);
    const isClass = (label) => Number(label) in names;
    frames.forEach((frame, i) => {
      need(typeof frame === "string" && frame.length === width * height,
        `frame ${i} must be a string of ${width} × ${height} digits`);
      need([...new Set(frame)].every(isClass), `frame ${i} has a class without a name`);
    });
    for (const point of points) {
      needNumbers(point, "a point", 3);
      need(isClass(point[2]), "a point has a class without a name");
    }
  }

  function makeClasses(data, div) {
    checkClasses(data);
    const width = 720;
    const height = Math.round(width * data.height / data.width);
    const image = el("canvas", { class: "player-canvas", role: "img", width, height });
    let current = 0;
    const draw = () => {
      const style = getComputedStyle(div);
      const [paper, ink] = ["paper", "ink"].map((n) => style.getPropertyValue(`--player-${n}`));
      drawClasses(image, data, data.frames[current], { paper, ink });
    };
    redrawOnTheme(draw);
    const legend = makeLegend(data.names.map((name, i) => {
      const style = `fill:${COLORS[i]};stroke:${COLORS[i]}`;
      return [el("path", { d: MARKERS[i], class: "player-marker", style }), name];
    }));
    const show = (k) => {
      current = k;
      draw();
    };
    return { image, legend, show, what: "Regions of the classes" };
  }

  function checkCurves({ x, fixed, frames, ylim, moving }) {
    needNumbers(x, "x");
    needNumbers(ylim, "ylim", 2);
    need(typeof moving === "string", "moving must be a name");
    frames.forEach((ys, i) => needNumbers(ys, `frame ${i}`, x.length));
    Object.entries(fixed).forEach(([name, ys]) => needNumbers(ys, name, x.length));
  }

  function makeCurves(data) {
    checkCurves(data);
    const { x, xlabel, ylabel, ylim } = data;
    const chart = makeChart({ xlim: [Math.min(...x), Math.max(...x)], ylim, xlabel, ylabel });
    const fixed = Object.entries(data.fixed).map(([name, ys], i) => {
      const style = `stroke:${LINES[i % LINES.length]}`;
      const look = { class: "player-line player-fixed", style };
      chart.area.append(el("polyline", { ...look, points: pointsOf(chart, x, ys) }));
      return [el("polyline", { ...look, points: "-12,0 12,0" }), name];
    });
    const moving = el("polyline", { class: "player-line player-moving" });
    chart.area.append(moving);
    const sample = el("polyline", { class: "player-line player-moving", points: "-12,0 12,0" });
    const legend = makeLegend([...fixed, [sample, data.moving]]);
    const show = (k) => moving.setAttribute("points", pointsOf(chart, x, data.frames[k]));
    return { image: chart.svg, legend, show, what: `${data.moving} against ${xlabel}` };
  }

  /** 0 is blue, 128 (which stands for zero) white, 255 orange. */
  function colorOf(value) {
    const end = value < 128 ? [0, 114, 178] : [213, 94, 0];
    const share = Math.min(Math.abs(value - 128) / 127, 1);
    return `rgb(${end.map((part) => Math.round(255 + share * (part - 255))).join(" ")})`;
  }

  function drawSwatch(fill) {
    const place = { x: -8, y: -7, width: 16, height: 14 };
    return el("rect", { class: "player-swatch", style: `fill:${fill}`, ...place });
  }

  function paintPicture(canvas, values) {
    const pen = canvas.getContext("2d");
    values.forEach((value, i) => {
      pen.fillStyle = colorOf(value);
      pen.fillRect(i % canvas.width, Math.floor(i / canvas.width), 1, 1);
    });
  }

  function makeImages(data) {
    const { width, height, columns, frames, titles } = data;
    needNumbers([width, height, columns], "width, height and columns");
    const size = width * height;
    const count = frames[0].length / size;
    need(Number.isInteger(count), `frame 0 must hold ${size} numbers for each picture`);
    frames.forEach((frame, i) => needNumbers(frame, `frame ${i}`, count * size));
    if (titles) needList(titles, "titles", count);
    const pictures = Array.from({ length: count }, () => el("canvas", { width, height }));
    const cells = pictures.map((picture, i) => el("div", {}, picture, titles ? titles[i] : ""));
    const style = `grid-template-columns:repeat(${columns},minmax(0,1fr))`;
    const image = el("div", { class: "player-images", role: "img", style }, ...cells);
    const legend = makeLegend([[0, "negative"], [128, "zero"], [255, "positive"]]
      .map(([value, name]) => [drawSwatch(colorOf(value)), name]));
    const show = (k) => pictures.forEach((picture, i) =>
      paintPicture(picture, frames[k].slice(i * size, (i + 1) * size)));
    return { image, legend, show, what: `${count} pictures` };
  }

  // Scrubber --------------------------------------------------------------------------------------

  const KINDS = { classes: makeClasses, curves: makeCurves, images: makeImages };

  function checkScrubber({ kind, at, frames, curve, log }) {
    need(Object.hasOwn(KINDS, kind), `there is no kind ${kind} of scrubber`);
    needList(frames, "frames");
    needNumbers(at, "at", frames.length);
    needNumbers(curve.steps, "curve.steps");
    needNumbers(curve.losses, "curve.losses", curve.steps.length);
    need(!log || Math.min(...curve.losses) > 0, "a log scale takes losses above 0 only");
  }

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
    checkScrubber(data);
    const { at, curve, caption } = data;
    const picture = KINDS[data.kind](data, div);
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
    const last = at.length - 1;
    const pace = Math.min(Math.max(8000 / at.length, 120), 600); // all of it in about 8 seconds
    const steering = new Steering(div, { first: 0, last, pace, show, say });
    steering.go(last);
    const views = el("div", { class: "player-views" },
      el("div", { class: "player-view" }, picture.image, picture.legend),
      el("div", { class: "player-view" }, chart.svg));
    const below = el("p", { class: "player-caption" }, caption);
    return makeStage(caption, views, steering.says, steering.controls, below);
  }

  // Quiz ------------------------------------------------------------------------------------------

  function checkQuiz(answers) {
    needList(answers, "answers");
    for (const { text, right, why } of answers) {
      need(typeof text === "string" && typeof why === "string", "an answer lacks its text or why");
      need(typeof right === "boolean", `${text}: right must be true or false`);
    }
    need(answers.some((answer) => answer.right), "no answer is right");
  }

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
    checkQuiz(answers);
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
    need(Object.hasOwn(PLAYERS, data.player), `there is no player ${data.player}`);
    need(typeof (data.caption ?? data.question) === "string", "there is no caption or question");
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
