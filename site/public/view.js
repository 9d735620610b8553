/** Shows the counter, or a term that a link asks for. */

import { byId, setAttributes, setEnabled, setShown, setText } from "./dom.js";
import { NumberView } from "./number_view.js";
import { PlotView } from "./plot_view.js";
import { SpiralView } from "./spiral_view.js";
import * as words from "./words.js";

const RESTED_MS = 600;
const TITLE_MS = 1_000; // between two titles while the counter moves on

export class View {
  /** @type {Term | null} */
  #term = null;
  #titledAt = -Infinity;
  #resting = 0;

  constructor() {
    this.number = new NumberView();
    this.spiral = new SpiralView((isLooking) => {
      byId("come-back").hidden = !isLooking;
    });
    this.plot = new PlotView();
  }

  /**
   * @param {Counter} counter
   * @param {Term | null} linked the term that is shown instead of the counter's
   * @param {string} notice what the page says about something other than the counter
   */
  render(counter, linked, notice) {
    const { queue, player } = counter;
    const term = linked ?? counter.term;
    if (term && term.index !== this.#term?.index) this.showTerm(term);
    const moved = counter.term ? words.movedInWords(counter.moved) : "\u00a0";
    setText(byId("moved"), linked ? words.LOOKING : words.waitingInWords(queue.length) || moved);
    this.#renderMessage(counter, notice);
    for (const id of ["next", "value"]) setAttributes(byId(id), { "aria-busy": queue.isBusy });
    setText(byId("play"), player.isPlaying ? "Pause" : "Play");
    setEnabled("next", !linked && counter.allows("next"));
    setEnabled("play", !linked && (player.isPlaying || counter.allows("next")));
    setEnabled("previous", !linked && counter.allows("previous"));
    setEnabled("reset", !linked && counter.allows("reset"));
    for (const id of ["copy", "link", "save"]) setEnabled(id, term !== null);
    setShown("leave", linked !== null, "next");
    if (counter.term) setText(byId("leave"), words.backToCounter(counter.term.index));
  }

  /** @param {Counter} counter @param {string} notice */
  #renderMessage({ backend, queues, poller, problems, term }, notice) {
    const slow = [...queues.values()].filter((queue) => (queue.backend === backend ? queue.isSlow : queue.isBusy));
    const texts = problems.map(words.problemInWords);
    for (const queue of slow) {
      const isChosen = queue.backend === backend;
      texts.push(words.slowInWords(queue.backend.name, { isChosen, isFirst: false, waiting: queue.length }));
    }
    if (poller.isSlow && !texts.length) {
      texts.push(words.slowInWords(backend.name, { isChosen: true, isFirst: !term, waiting: 0 }));
    }
    setAttributes(byId("message"), { class: problems.length || notice ? "message alarm" : "message" });
    setText(byId("message"), [notice, ...texts].filter(Boolean).join(" "));
  }

  /** Show a term, whether it is the counter's or not. @param {Term} term */
  showTerm(term) {
    const isFirst = !this.#term;
    const now = performance.now();
    this.#term = term;
    setText(byId("index"), words.termName(term.index).slice(1));
    this.number.show(term);
    this.spiral.show(term.index);
    this.plot.show(term.index);
    const showTitle = () => {
      document.title = words.pageTitle(term.index);
    };
    // A browser takes longer over its title than over all the rest.
    if (now - this.#titledAt >= TITLE_MS) {
      showTitle();
      if (!isFirst) this.#titledAt = now;
    }
    // Only where it comes to rest: nobody can listen to ten numbers a second.
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      showTitle();
      setText(byId("live-region"), words.spokenTerm(term));
    }, RESTED_MS);
  }
}
