/** Shows the state: the number, the pictures, the backends, and what went wrong, in words. */

import { inWords } from "./api.js";
import * as geometry from "./geometry.js";
import {
  blocks, captionOfRatio, captionOfSquares, counted, duration, ends, isFar, nameOfSide, quantile, spoken, timeOfDay,
} from "./numbers.js";

const FRAME = { width: 1618, height: 1000 };
const TURN_MS = 420;
const FADE_MS = 180;
const TINTS = 6;
// The page's own digits are 0.59 em wide; the widest serif that may stand in for them has these.
const DIGIT_EM = 0.64;
const THIN_SPACE_EM = 0.2;
const SAID_AFTER_MS = 600;
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function svg(name, attributes, ...content) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
}

function html(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** Show a text only where it differs, so that nothing is announced or laid out twice. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

export class View {
  #term = null;
  #whole = false;
  #saying = 0;
  #turning = null; // {animation, quarters}: the turn of the spiral that may still be running

  constructor() {
    new ResizeObserver(() => this.#term && this.#drawSpiral(this.#term.index)).observe(byId("spiral"));
  }

  render(counter) {
    const { term, heading, waiting, problem, playing } = counter;
    if (term && term.index !== this.#term?.index) this.#showTerm(term);
    write("waiting", waiting > 1 ? `${counted(waiting)} waiting` : "");
    write("message", problem ? inWords(problem) : "");
    write("play", playing ? "Pause" : "Play");
    for (const id of ["next", "play", "reset", "copy"]) byId(id).disabled = !term;
    byId("previous").disabled = !heading;
    byId("document").href = counter.backend.document;
    showLatencies(counter.backends);
  }

  toggleWhole() {
    this.#whole = !this.#whole;
    this.#showValue(this.#term);
  }

  #showTerm(term) {
    const before = this.#term;
    this.#term = term;
    write("index", `(${counted(term.index)})`);
    write("digits", `${counted(term.value.length)} ${term.value.length === 1 ? "digit" : "digits"}`);
    document.title = `F(${counted(term.index)}) · Fibonacci`;
    this.#showValue(term);
    this.#drawSpiral(term.index);
    drawRatio(term.index);
    if (before) this.#move(before.index, term.index);
    // Only where it comes to rest: nobody can listen to ten numbers a second.
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => write("said", spoken(term)), SAID_AFTER_MS);
  }

  #showValue({ value }) {
    const { head, tail, hidden } = ends(value);
    const whole = this.#whole && hidden > 0;
    const gap = html("span", "gap", `… ${counted(hidden)} more …`);
    const parts = hidden ? [html("span", "", head), gap, html("span", "", tail)] : [head];
    const shown = byId("value");
    shown.replaceChildren(...(whole ? blocks(value).map((block) => html("span", "block", block)) : parts));
    shown.classList.toggle("whole", whole);
    shown.classList.toggle("long", hidden > 0);
    const groups = Math.ceil(value.length / 3);
    shown.style.setProperty("--ems", hidden ? 999 : value.length * DIGIT_EM + groups * THIN_SPACE_EM);
    shown.toggleAttribute("tabindex", whole); // so that the keyboard can scroll it
    if (whole) shown.tabIndex = 0;
    byId("all").hidden = !hidden;
    byId("all").setAttribute("aria-expanded", whole);
    write("all", whole ? "Show ends" : "Show all");
  }

  #drawSpiral(index) {
    const picture = byId("spiral");
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const fontSize = (rem * FRAME.width) / (picture.clientWidth || FRAME.width);
    const placed = geometry.squares(index, FRAME);
    const group = svg("g", { class: "squares" });
    for (const { index: k, side, x, y } of placed) {
      group.append(svg("rect", { x, y, width: side, height: side, class: `tint${k % TINTS}` }));
    }
    if (!placed.length) group.append(svg("rect", { x: 309, width: 1000, height: 1000, class: "none" }));
    group.append(svg("path", { d: geometry.spiral(placed), class: "spiral" }));
    const labels = svg("g", { class: "labels" });
    for (const { index: k, side, x, y } of placed) {
      const name = nameOfSide(k, isFar(index));
      if (Math.max(2, name.length * 0.55) * fontSize > 0.82 * side) continue;
      const place = { x: x + side / 2, y: y + side / 2, "font-size": fontSize };
      labels.append(svg("text", { ...place, class: `on${k % TINTS}` }, name));
    }
    group.append(labels);
    picture.replaceChildren(group);
    write("spiral-caption", captionOfSquares(index));
  }

  /** A step turns the picture by a quarter, from where the last turn has got; a jump does not. */
  #move(from, to) {
    if (calm.matches) return;
    const shown = byId("value");
    if (!shown.getAnimations().length) { // in quick steps it would only flicker
      const fade = [{ opacity: 0.25, translate: `0 ${to > from ? 0.12 : -0.12}em` }, {}];
      shown.animate(fade, { duration: FADE_MS, easing: "ease-out" });
    }
    const group = byId("spiral").firstChild;
    const [here, there] = [geometry.squares(to, FRAME), geometry.squares(from, FRAME)];
    const quarters = to - from;
    if (Math.abs(quarters) !== 1 || !here.length || !there.length) {
      group.animate([{ opacity: 0 }, {}], { duration: FADE_MS });
      this.#turning = null;
      return;
    }
    const turn = quarters === 1 ? geometry.turn(here[1], there[0], -1) : geometry.turn(here[0], there[1], 1);
    const left = this.#turning ? (1 - (progress(this.#turning.animation) ?? 1)) * this.#turning.quarters : 0;
    const amount = Math.min(1.5, Math.max(0, 1 + left * quarters));
    const frames = [amount, 0].map((part) => ({ transform: geometry.turned(turn, part) }));
    const animation = group.animate(frames, { duration: TURN_MS, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" });
    group.lastChild.animate([{ opacity: 0 }, { opacity: 0, offset: 0.4 }, {}], TURN_MS); // none upside down
    this.#turning = { animation, quarters: quarters * amount };
  }
}

const progress = (animation) => animation.effect.getComputedTiming().progress;

const MARK_PX = 7; // a digit's width below the plot, at most
const RATIO = { left: 28, right: 352, middle: 58, reach: 50, marks: 128 };

function drawRatio(index) {
  const { left, right, middle, reach, marks } = RATIO;
  const line = svg("path", { d: `M${left} ${middle}H${right}`, class: "phi" });
  const parts = [line, svg("text", { x: left - 10, y: middle, class: "axis" }, "φ")];
  const { first, last, offsets } = geometry.ratios(index);
  const places = offsets.map((offset, at) => [left + 12 + (at * (right - left - 24)) / 9, middle - reach * offset]);
  if (places.length) parts.push(svg("polyline", { points: places.map(String).join(" "), class: "trace" }));
  places.forEach(([x, y], at) => {
    const newest = at === places.length - 1;
    parts.push(svg("circle", { cx: x, cy: y, r: newest ? 4.5 : 2.5, class: newest ? "newest" : "dot" }));
  });
  for (const at of new Set(places.length ? [0, places.length - 1] : [])) {
    const mark = counted(first + at);
    const x = Math.min(places[at][0], right + 8 - MARK_PX * mark.length / 2); // the last stays inside
    parts.push(svg("text", { x, y: marks, class: "mark" }, mark));
  }
  byId("ratio").replaceChildren(...parts);
  write("ratio-caption", captionOfRatio(index, last));
}

const SPARK = { width: 320, height: 28, places: 40 };

/** Fill in each backend's row: its last calls on one scale for all, median, p95 and the slowest. */
function showLatencies(backends) {
  const all = backends.flatMap(({ calls }) => calls.map(({ latencyMs }) => latencyMs));
  const range = [Math.min(...all) * 0.9, Math.max(...all) * 1.1];
  for (const { name, calls } of backends) {
    if (!calls.length) continue;
    const row = document.querySelector(`[data-backend="${CSS.escape(name)}"]`);
    const latencies = calls.map(({ latencyMs }) => latencyMs);
    const points = geometry.sparkline(latencies, range, SPARK);
    const slowest = latencies.indexOf(Math.max(...latencies));
    row.querySelector(".trace").setAttribute("points", points.map(({ x, y }) => `${x},${y}`).join(" "));
    row.querySelector(".peak").setAttribute("d", `M${points[slowest].x} ${points[slowest].y}h0`);
    const texts = [0.5, 0.95, 1].map((share) => duration(quantile(latencies, share)));
    texts[2] += ` at ${timeOfDay(calls[slowest].at)}`;
    row.querySelectorAll("dd").forEach((cell, at) => (cell.textContent = texts[at]));
  }
}

/** Make a row for each backend, with a radio button where there is a choice. */
export function showBackends(backends, chosen, choose) {
  for (const backend of backends) {
    const row = byId("backend").content.firstElementChild.cloneNode(true);
    const input = row.querySelector("input");
    row.dataset.backend = backend.name;
    row.querySelector("label span").textContent = backend.name;
    Object.assign(input, { value: backend.name, checked: backend === chosen });
    input.addEventListener("change", () => {
      if (!input.matches(":focus-visible")) input.blur(); // else the arrow keys would not step
      choose(backend);
    });
    if (backends.length === 1) input.remove();
    byId("backends").append(row);
  }
}
