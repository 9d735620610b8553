/** The number: whole, or by its ends, with its thousands set apart by CSS and not by characters. */

import { byId, find, html, setAttributes, setData, setShown, setText } from "./dom.js";
import { FADE_MS, reducedMotion, TURN_MS } from "./motion.js";
import { ends, groups } from "./numbers.js";
import { digitCount, hiddenDigits } from "./words.js";

// The page's own digits are 0.59 em wide; the widest serif that may stand in for them has these.
const DIGIT_EM = 0.64;
const GROUP_GAP_EM = 0.2;
// A browser lays out longer numbers block by block. Lines of 1 to 10, 12, 14, 15, 18, 20, 21, 24,
// 25 and 28 groups of three end where a block does.
const BLOCK_DIGITS = 25_200;

/** A run of digits with one element for each group of three. */
class DigitGroups {
  /** @type {Text[]} */
  #texts = [];
  #length = 0;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
  }

  /** @param {string} digits */
  show(digits) {
    const cut = groups(digits);
    if (digits.length !== this.#length) {
      // All groups move by a digit. Elements that are new have no place yet, so that they do not shift.
      this.#length = digits.length;
      this.#texts = cut.map((group) => new Text(group));
      const spans = this.#texts.map((text) => html("span", "", text));
      this.element.replaceChildren(...spans.flatMap((span) => [span, document.createElement("wbr")]));
    }
    for (const [at, group] of cut.entries()) {
      setData(this.#texts[at], group);
    }
  }
}

export class NumberView {
  /** @type {Term | null} */
  #term = null;
  #isWhole = false;
  #shownAt = -Infinity;

  constructor() {
    this.box = byId("value");
    this.head = new DigitGroups(find(this.box, ".head"));
    this.gap = find(this.box, ".gap");
    this.tail = new DigitGroups(find(this.box, ".tail"));
    this.whole = find(this.box, ".all");
  }

  /** @param {Term} term */
  show(term) {
    const before = this.#term;
    this.#term = term;
    setText(byId("digits"), digitCount(term.value.length));
    this.#draw();
    const isSteady = performance.now() - this.#shownAt >= TURN_MS;
    this.#shownAt = before ? performance.now() : -TURN_MS;
    if (!before || !isSteady || reducedMotion.matches) return;
    const fade = [{ opacity: 0.25, translate: `0 ${term.index > before.index ? 0.12 : -0.12}em` }, {}];
    this.box.animate(fade, { duration: FADE_MS, easing: "ease-out" });
  }

  toggleWhole() {
    this.#isWhole = !this.#isWhole;
    this.#draw();
  }

  #draw() {
    if (!this.#term) return;
    const { value } = this.#term;
    const { head, tail, hidden } = ends(value);
    const isWhole = this.#isWhole && hidden > 0;
    this.box.classList.toggle("whole", isWhole);
    this.box.classList.toggle("long", hidden > 0);
    this.box.classList.remove("loading");
    this.head.show(isWhole ? "" : head);
    this.tail.show(isWhole ? "" : tail);
    setText(this.gap, hidden && !isWhole ? hiddenDigits(hidden) : "");
    if (isWhole || this.whole.firstChild) this.#drawWhole(isWhole ? value : "");
    const width = value.length * DIGIT_EM + Math.ceil(value.length / 3) * GROUP_GAP_EM;
    this.box.style.setProperty("--ems", hidden ? "999" : String(width));
    if (isWhole)
      this.box.tabIndex = 0; // so that the keyboard can scroll it
    else this.box.removeAttribute("tabindex");
    setShown("all", hidden > 0, "copy");
    setAttributes(byId("all"), { "aria-expanded": isWhole });
    setText(byId("all"), isWhole ? "Show ends" : "Show all");
  }

  /** @param {string} digits */
  #drawWhole(digits) {
    const blocks = [];
    // The first line is indented, so that groups begin at the same places as counted from the end.
    this.whole.style.setProperty("--indent", String((3 - (digits.length % 3)) % 3));
    const first = BLOCK_DIGITS - ((3 - (digits.length % 3)) % 3);
    for (let at = 0; at < digits.length; at += at ? BLOCK_DIGITS : first) {
      blocks.push(html("span", "block", digits.slice(at, at ? at + BLOCK_DIGITS : first)));
    }
    this.whole.replaceChildren(...blocks);
  }
}
