/** The backends: which one is chosen, and how long their last calls took. */

import { byId, find, setText } from "./dom.js";
import { sparkline } from "./geometry.js";
import { duration, quantile, timeOfDay } from "./numbers.js";
import { backendWords } from "./words.js";

const SETTLED_MS = 500; // nobody can read figures that change faster
const SPARK = { width: 320, height: 28, places: 40 };

export class BackendsView {
  /** @type {Call | undefined} */
  #newest;
  #renderedAt = -Infinity;

  /**
   * Make a row for each backend, with a radio button if there is a choice.
   * @param {Backend[]} backends
   * @param {Backend} chosen
   * @param {(backend: Backend) => void} choose
   */
  constructor(backends, chosen, choose) {
    this.backends = backends;
    this.rows = backends.map((backend) => {
      const template = /** @type {HTMLTemplateElement} */ (byId("backend"));
      const row = /** @type {HTMLElement} */ (find(template.content, ".backend").cloneNode(true));
      const input = /** @type {HTMLInputElement} */ (find(row, "input"));
      const { title, about } = backendWords(backend.name);
      row.dataset.backend = backend.name;
      setText(find(row, "label span"), title);
      const link = /** @type {HTMLAnchorElement} */ (find(row, "a"));
      link.href += `#${backend.name}`;
      setText(link, about);
      Object.assign(input, { value: backend.name, checked: backend === chosen });
      input.addEventListener("change", () => {
        if (!input.matches(":focus-visible")) input.blur(); // else the arrow keys would not step
        choose(backend);
      });
      if (backends.length === 1) input.remove();
      byId("backends").append(row);
      return row;
    });
  }

  /** Fill in the rows: last calls on one scale for all, median, p95 and the slowest. */
  render() {
    const all = this.backends.flatMap(({ calls }) => calls);
    const newest = all.reduce((one, other) => (one?.at > other.at ? one : other), all[0]);
    if (!newest || newest === this.#newest || performance.now() - this.#renderedAt < SETTLED_MS) return;
    this.#newest = newest;
    this.#renderedAt = performance.now();
    const times = all.map(({ latencyMs }) => latencyMs);
    const range = [Math.min(...times) * 0.9, Math.max(...times) * 1.1];
    for (const [at, { calls }] of this.backends.entries()) {
      if (calls.length) renderRow(this.rows[at], calls, range);
    }
  }
}

/** @param {HTMLElement} row @param {Call[]} calls @param {number[]} range */
function renderRow(row, calls, range) {
  const latencies = calls.map(({ latencyMs }) => latencyMs);
  const points = sparkline(latencies, range, SPARK);
  const slowest = latencies.indexOf(Math.max(...latencies));
  find(row, ".trace").setAttribute("points", points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "));
  find(row, ".peak").setAttribute("d", `M${points[slowest].x.toFixed(1)} ${points[slowest].y.toFixed(1)}h0`);
  const texts = [0.5, 0.95, 1].map((share) => duration(quantile(latencies, share)));
  texts[2] += ` at ${timeOfDay(calls[slowest].at)}`;
  for (const [at, cell] of row.querySelectorAll("dd").entries()) setText(cell, texts[at]);
}
