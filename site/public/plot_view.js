/** The plot of how close the ratio of two terms comes to φ, on a logarithmic axis. */

import { byId, setAttributes, setText, svg } from "./dom.js";
import { axisEnd, distanceExponent } from "./geometry.js";
import { counted, raised } from "./numbers.js";
import { ratioCaption } from "./words.js";

const BOX = { left: 68, right: 352, top: 26, bottom: 148 };
const FIRST = 2; // the first index with a ratio
const DOTTED_TO = 20; // up to here each step is a dot of its own
const STEP_TICKS = 2;

export class PlotView {
  #end = 0;

  constructor() {
    const { left, right, top, bottom } = BOX;
    const mark = (/** @type {Record<string, string | number>} */ place) => svg("text", { class: "mark", ...place });
    this.across = Array.from({ length: STEP_TICKS + 1 }, (_, at) =>
      mark({
        x: left + (at * (right - left)) / STEP_TICKS,
        y: bottom + 17,
        "text-anchor": at === STEP_TICKS ? "end" : "middle",
      }),
    );
    this.down = Array.from({ length: STEP_TICKS + 1 }, (_, at) =>
      mark({ x: left - 8, y: top + (at * (bottom - top)) / STEP_TICKS, class: "mark level" }),
    );
    this.ahead = svg("path", { class: "ahead" });
    this.done = svg("path", { class: "trace" });
    this.dots = svg("path", { class: "dots" });
    this.here = svg("circle", { class: "newest none", r: 5 });
    byId("ratio").append(
      svg("path", { class: "floor", d: `M${left} ${top}V${bottom}H${right}` }),
      ...this.across,
      ...this.down,
      this.ahead,
      this.done,
      this.dots,
      this.here,
    );
  }

  /** @param {number} index */
  show(index) {
    const end = axisEnd(index);
    if (end !== this.#end) this.#drawAxes(end);
    const at = Math.max(FIRST, index);
    setAttributes(this.done, { d: index > FIRST ? this.#line(FIRST, at) : "" });
    setAttributes(this.dots, { d: index > FIRST && end <= DOTTED_TO ? this.#dots(index) : "" });
    const [x, y] = this.#place(at);
    setAttributes(this.here, { cx: x, cy: y, class: index < FIRST ? "newest none" : "newest" });
    setText(byId("ratio-caption"), ratioCaption(index, distanceExponent(at)));
  }

  /** @param {number} end */
  #drawAxes(end) {
    this.#end = end;
    for (const [at, text] of this.across.entries()) setText(text, counted((at * end) / STEP_TICKS));
    const lowest = Math.ceil(-distanceExponent(end));
    for (const [at, text] of this.down.entries()) {
      const exponent = -Math.round((at * lowest) / STEP_TICKS);
      setText(text, exponent ? `10${raised(exponent)}` : "1");
    }
    setAttributes(this.ahead, { d: this.#line(FIRST, end) });
  }

  /** @param {number} index */
  #place(index) {
    const { left, right, top, bottom } = BOX;
    const lowest = Math.ceil(-distanceExponent(this.#end));
    const x = left + (index / this.#end) * (right - left);
    return [x, top - (distanceExponent(index) / lowest) * (bottom - top)];
  }

  /** Far on the line is straight, so two points are enough. @param {number} from @param {number} to */
  #line(from, to) {
    const places = [];
    for (let index = from; index < Math.min(to, DOTTED_TO); index += 1) places.push(this.#place(index));
    places.push(this.#place(to));
    return `M${places.map((place) => place.join(" ")).join("L")}`;
  }

  /** @param {number} index */
  #dots(index) {
    return Array.from({ length: index - FIRST }, (_, at) => `M${this.#place(FIRST + at).join(" ")}h0`).join("");
  }
}
