/** The picture of squares, seen by a camera that stands at an index and may stand between two. */

import { byId, setAttributes, setData, setText, svg } from "./dom.js";
import * as geometry from "./geometry.js";
import { FADE_MS, reducedMotion, TURN_MS } from "./motion.js";
import { isFar, sideName, squaresCaption } from "./words.js";

const FRAME = { width: 1618, height: 1000 };
const VIEW_BOX = `0 0 ${FRAME.width} ${FRAME.height}`;
const OUTER = 4; // squares around the frame, so that no corner is bare while the picture turns
const NODES = 18;
const TINTS = 6;
const GLIDE_MS = 260;
const LABEL_SIDE = 0.17; // a label's height, as a part of its square's side
const LABEL_WIDTH = 0.66; // its greatest width, which keeps it off the spiral
const DIGIT_EM = 0.6;
const SMALLEST_LABEL_EM = 0.7; // of the page's font size
const FIRST_PICTURE = 1;
const EMPTY_PICTURE = 9; // outlines only, while the counter is not known yet

export class SpiralView {
  #reached = 0; // the counter's index: squares up to it are filled
  #camera = EMPTY_PICTURE;
  #isLooking = false; // whether a person moved the camera away from the counter
  #shownAt = -Infinity;
  #pixels = { frame: FRAME.width, font: 16 };
  #glide = 0;
  #shape = "";
  /** @type {Animation[]} */
  #motions = [];

  /** @param {(isLooking: boolean) => void} lookChanged is called when the camera leaves the counter or is back */
  constructor(lookChanged) {
    this.lookChanged = lookChanged;
    this.frame = byId("spiral");
    this.rects = Array.from({ length: NODES }, () => svg("rect"));
    this.texts = Array.from({ length: NODES }, () => svg("text", { class: "" }, new Text()));
    this.ahead = svg("path", { class: "spiral ahead" });
    this.line = svg("path", { class: "spiral" });
    this.squares = svg("svg", { class: "squares", viewBox: VIEW_BOX }, ...this.rects, this.ahead, this.line);
    this.labels = svg("svg", { class: "labels", viewBox: VIEW_BOX }, ...this.texts);
    this.frame.append(this.squares, this.labels);
    new ResizeObserver(() => this.#measure()).observe(this.frame);
    this.#measure();
  }

  /** The picture as one SVG document that needs no style sheet. */
  toSvg() {
    const picture = svg("svg", { viewBox: VIEW_BOX, width: FRAME.width, height: FRAME.height });
    for (const part of [...this.squares.children, ...this.labels.children]) {
      if (part.getAttribute("class") === "") continue;
      const copy = /** @type {Element} */ (part.cloneNode(true));
      const style = getComputedStyle(part);
      for (const name of ["fill", "stroke", "stroke-width", "font-family", "text-anchor", "dominant-baseline"]) {
        copy.setAttribute(name, style.getPropertyValue(name));
      }
      picture.append(copy);
    }
    setAttributes(picture, { xmlns: "http://www.w3.org/2000/svg" });
    return picture.outerHTML;
  }

  /** Show the picture of an index. @param {number} index */
  show(index) {
    const since = performance.now() - this.#shownAt;
    const from = this.#camera;
    const isFirst = this.#shownAt === -Infinity;
    this.#shownAt = isFirst ? -TURN_MS : performance.now();
    this.#reached = index;
    setText(byId("spiral-caption"), squaresCaption(index));
    if (this.#isLooking) return this.#draw();
    this.#stop();
    this.#camera = Math.max(FIRST_PICTURE, index);
    this.#draw();
    if (!isFirst && since >= TURN_MS && !reducedMotion.matches) this.#moveFrom(from);
  }

  /** Look further out (positive) or further in, by so many steps. @param {number} steps */
  look(steps) {
    this.#stop();
    this.#camera = Math.max(FIRST_PICTURE, this.#camera + steps);
    this.#setLooking(true);
    this.#draw();
  }

  /** Look further by a step at once or, if motion is welcome, smoothly. @param {number} steps */
  lookSmoothly(steps) {
    this.#glideTo(Math.max(FIRST_PICTURE, Math.round(this.#camera + steps)), true);
  }

  /** Return to the counter. */
  comeBack() {
    if (this.#isLooking) this.#glideTo(Math.max(FIRST_PICTURE, this.#reached), false);
  }

  /** Stop whatever moves. */
  #stop() {
    cancelAnimationFrame(this.#glide);
    for (const motion of this.#motions) motion.cancel();
    this.#motions = [];
  }

  /** @param {boolean} isLooking */
  #setLooking(isLooking) {
    this.#isLooking = isLooking;
    this.lookChanged(isLooking);
  }

  /** @param {number} target @param {boolean} isLooking */
  #glideTo(target, isLooking) {
    this.#stop();
    this.#setLooking(isLooking);
    const from = this.#camera;
    const started = performance.now();
    const glide = () => {
      const part = reducedMotion.matches ? 1 : Math.min(1, (performance.now() - started) / GLIDE_MS);
      const distance = Math.abs(target - from) > 6 ? 0 : target - from; // a long way is no motion but a jump
      this.#camera = target - distance * (1 - part) ** 3;
      this.#draw();
      if (part < 1) this.#glide = requestAnimationFrame(glide);
    };
    glide();
  }

  #measure() {
    this.#pixels = {
      frame: this.frame.clientWidth || FRAME.width,
      font: parseFloat(getComputedStyle(document.documentElement).fontSize),
    };
    this.#draw();
  }

  /** Draw what the camera sees; nodes are used again. */
  #draw() {
    const anchor = Math.max(FIRST_PICTURE, Math.round(this.#camera));
    const part = this.#camera - anchor;
    const placed = geometry.squares(anchor, FRAME, OUTER);
    const turn = part ? geometry.turnTo(anchor, Math.sign(part), FRAME) : null;
    const ahead = placed.filter(({ index }) => index > this.#reached).length;
    for (const [at, rect] of this.rects.entries()) {
      setAttributes(rect, { class: placed[at] ? this.#tint(placed[at]) : "" });
    }
    // Far on, the squares of one picture are where those of the next are.
    const shape = `${Math.min(anchor, geometry.LARGEST_DRAWN)} ${ahead}`;
    if (shape !== this.#shape) this.#drawShapes(placed, ahead);
    this.#shape = shape;
    this.squares.style.transform = turn ? geometry.turned(turn, Math.abs(part), FRAME) : "";
    this.#drawLabels(turn ? placed.map((each) => geometry.carried(each, turn, Math.abs(part))) : placed, isFar(anchor));
  }

  /** Place the squares and the spiral, which is dotted through those ahead. @param {Square[]} placed @param {number} ahead */
  #drawShapes(placed, ahead) {
    for (const [at, { x, y, side }] of placed.entries()) {
      setAttributes(this.rects[at], { x, y, width: side, height: side });
    }
    setAttributes(this.ahead, { d: geometry.spiral(placed.slice(0, ahead)) });
    setAttributes(this.line, { d: geometry.spiral(placed.slice(ahead), ahead) });
  }

  /** @param {Square} square */
  #tint({ index }) {
    return `tint${index % TINTS}${index > this.#reached ? " ahead" : ""}`;
  }

  /** @param {Square[]} placed @param {boolean} far */
  #drawLabels(placed, far) {
    const { frame, font } = this.#pixels;
    const smallest = (SMALLEST_LABEL_EM * font * FRAME.width) / frame;
    for (const [at, text] of this.texts.entries()) {
      const square = placed[at];
      const name = square ? sideName(square.index, far) : "";
      const size = square
        ? Math.min(LABEL_SIDE * square.side, (LABEL_WIDTH * square.side) / (DIGIT_EM * name.length))
        : 0;
      const [x, y] = square ? [square.x + square.side / 2, square.y + square.side / 2] : [0, 0];
      if (size < smallest || x < 0 || y < 0 || x > FRAME.width || y > FRAME.height) {
        setData(text.firstChild, "");
        setAttributes(text, { class: "" });
        continue;
      }
      setData(text.firstChild, name);
      setAttributes(text, { class: this.#tint(square), x, y, "font-size": size });
    }
  }

  /** Turn from where the camera was to where it is now, if that is near. @param {number} from */
  #moveFrom(from) {
    const anchor = this.#camera;
    const distance = from - anchor;
    if (!distance || Math.abs(distance) > 1.5 || anchor + Math.sign(distance) < FIRST_PICTURE) {
      this.#motions = [this.squares.animate([{ opacity: 0 }, {}], FADE_MS)];
      return;
    }
    const turn = geometry.turnTo(anchor, Math.sign(distance), FRAME);
    const frames = [1, 0.75, 0.5, 0.25, 0].map((part) => ({
      transform: geometry.turned(turn, Math.abs(distance) * part, FRAME),
    }));
    this.#motions = [
      this.squares.animate(frames, { duration: TURN_MS, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" }),
      this.labels.animate([{ opacity: 0 }, { opacity: 0, offset: 0.3 }, {}], TURN_MS), // none upside down
    ];
  }
}
