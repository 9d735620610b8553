/** What the page knows, and the rules by which it asks: steps in order, reads in between. */

import { Problem } from "./api.js";

const FOLLOW_MS = 2_000;
const LONGEST_WAIT_MS = 10_000;
const MOVES = { next: 1, previous: -1 };

/**
 * The counter as this page sees it, on the backend of choice.
 *
 * Presses wait in a queue and are sent one after another, each once. Between them the counter is
 * read every 2 s, so that the page follows the steps of others; a read that fails is repeated,
 * later and later, up to every 10 s. `changed` is called after whatever changes here.
 */
export class Counter {
  term = null; // {index, value}, as last answered
  problem = null; // {type, detail, index, step, unsent}: the last failure that still matters
  perSecond = 2;
  #play = null; // the run of play() that goes on
  #presses = [];
  #sending = false;
  #timer = 0;
  #failures = 0;
  #reading = null; // the read in flight; a read that is no longer this one is thrown away

  constructor(backends, backend, changed, isHidden) {
    Object.assign(this, { backends, backend, changed, isHidden });
  }

  get playing() {
    return this.#play !== null;
  }

  /** How many presses have not been answered yet. */
  get waiting() {
    return this.#presses.length;
  }

  /** Where the counter will stand when every press has been answered, if nobody else steps. */
  get heading() {
    if (!this.term) return null;
    const onwards = (index, { step }) => (step === "reset" ? 0 : index + MOVES[step]);
    return this.#presses.reduce(onwards, this.term.index);
  }

  choose(backend) {
    this.backend = backend;
    this.#failures = 0;
    this.problem = null;
    this.readSoon(0);
    this.changed();
  }

  /** Send a step after those that wait; resolve to whether it was counted. */
  press(step) {
    return new Promise((resolve) => {
      this.#presses.push({ step, backend: this.backend, resolve });
      this.#reading = null; // its answer might be older than the step's
      this.changed();
      this.#sendAll();
    });
  }

  async #sendAll() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#presses.length) {
      const press = this.#presses[0];
      const counted = await this.#sent(press);
      this.#presses.shift();
      press.resolve(counted);
      this.changed();
    }
    this.#sending = false;
    this.readSoon(this.problem?.step ? 0 : FOLLOW_MS);
  }

  async #sent({ step, backend }) {
    try {
      this.term = await backend.step(step);
      this.problem = null;
      this.#failures = 0;
      return true;
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      this.problem = told(failure, step);
      this.#play = null;
      if (failure.type === "offline") this.#giveUpTheRest();
      return false;
    }
  }

  /** Where nobody answers, what waits behind would only fail one by one, and the page says so. */
  #giveUpTheRest() {
    const given = this.#presses.splice(1);
    this.problem.unsent = given.length;
    for (const { resolve } of given) resolve(false);
  }

  /** Read after so many milliseconds instead of when it was planned; not in a hidden tab. */
  readSoon(milliseconds) {
    clearTimeout(this.#timer);
    this.#reading = null;
    if (!this.isHidden()) this.#timer = setTimeout(() => this.#read(), milliseconds);
  }

  stopReading() {
    clearTimeout(this.#timer);
  }

  async #read() {
    if (this.#presses.length) return; // the last of them plans the next read
    const reading = (this.#reading = { backend: this.backend });
    let wait = FOLLOW_MS;
    try {
      const term = await reading.backend.current(this.term?.index);
      if (this.#reading !== reading) return;
      this.#failures = 0;
      if (term) this.term = term;
      this.#outlive();
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      if (this.#reading !== reading) return;
      this.#failures += 1;
      wait = this.#backOff(failure.retryAfterSeconds);
      this.problem ??= told(failure, null);
    }
    this.changed();
    this.readSoon(wait);
  }

  /** Take back what an answered read makes untrue: nobody answers, the counter stands at an end. */
  #outlive() {
    const { type, index, step } = this.problem ?? {};
    if (!step || (index ?? this.term.index) !== this.term.index) this.problem = null;
    else if (type === "offline") this.problem = { ...this.problem, type: "answers-again" };
  }

  #backOff(retryAfterSeconds) {
    const longer = Math.min(LONGEST_WAIT_MS, FOLLOW_MS * 2 ** (this.#failures - 1));
    // Not all pages at once: some come up to a quarter earlier.
    return Math.max(1000 * retryAfterSeconds, longer * (1 - Math.random() / 4));
  }

  /** Step forward by itself, `perSecond` times at most, each step after the last is answered. */
  async play() {
    const play = (this.#play = {});
    this.changed();
    while (this.#play === play) {
      const started = performance.now();
      if (!this.isHidden()) await this.press("next");
      const rest = 1000 / this.perSecond - (performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
    }
  }

  pause() {
    this.#play = null;
    this.changed();
  }
}

function told({ type, message, index }, step) {
  return { type, detail: message, index, step, unsent: 0 };
}
