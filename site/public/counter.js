/** The counter as this page sees it: where it stands, what waits, and what went wrong. */

import { BackendError } from "./api.js";
import { Player } from "./player.js";
import { PollInterval } from "./poll_interval.js";
import { Poller } from "./poller.js";
import { StepQueue } from "./queue.js";

/** @type {Record<Step, (index: number) => number>} */
const MOVES = { next: (index) => index + 1, previous: (index) => index - 1, reset: () => 0 };

export class Counter {
  /** @type {Term | null} as last answered */
  term = null;
  /** @type {{isOurs: boolean, at: number} | null} who moved the counter last, and when by Date.now() */
  moved = null;
  /** @type {Map<Backend, Problem>} */
  #problems = new Map();
  #highestIndex = Infinity; // known once a step beyond it was refused
  #requests = 0;
  #newest = 0; // the request whose answer is shown, in the order of sending
  #isOurMove = false; // whether a late answer said that the next change is this page's own

  /**
   * @param {Backend[]} backends
   * @param {Backend} backend the one to begin with
   * @param {() => void} changed is called after whatever changes here
   * @param {() => boolean} isHidden whether nobody can see the page
   */
  constructor(backends, backend, changed, isHidden) {
    this.backends = backends;
    this.backend = backend;
    this.changed = changed;
    this.pollInterval = new PollInterval();
    this.player = new Player({ step: () => this.press("next"), isHidden, changed });
    this.poller = new Poller({
      read: (signal) => this.#read(signal),
      mayRead: () => !isHidden() && !this.queue.length,
      changed,
    });
    const send = this.#send.bind(this);
    const failed = this.#stepFailed.bind(this);
    const queue = (/** @type {Backend} */ each) =>
      new StepQueue(each, { send, failed, changed: () => this.#queueChanged() });
    this.queues = new Map(backends.map((each) => [each, queue(each)]));
  }

  /** The queue of the chosen backend. */
  get queue() {
    return /** @type {StepQueue} */ (this.queues.get(this.backend));
  }

  /** The problems that still matter, that of the chosen backend first. */
  get problems() {
    const all = [...this.#problems.values()];
    return all.sort((one, other) => Number(other.backend === this.backend) - Number(one.backend === this.backend));
  }

  /** Where the counter will stand when every press has been answered, if nobody else steps. */
  get predictedIndex() {
    return this.term && this.queue.steps.reduce((index, step) => MOVES[step](index), this.term.index);
  }

  /** Whether a step makes sense where the counter is predicted to stand. @param {Step} step */
  allows(step) {
    const index = this.predictedIndex;
    if (index === null) return false;
    return step === "next" ? index < this.#highestIndex : step === "reset" || index > 0;
  }

  /**
   * Use another backend from now on. Presses stay with the backend that they were made for.
   * @param {Backend} backend
   */
  choose(backend) {
    for (const { backend: other, step } of this.problems) {
      if (!step && other !== backend) this.#problems.delete(other);
    }
    this.backend = backend;
    this.pollInterval.forgetFailures();
    if (this.player.isPlaying) this.player.start();
    this.readNow();
    this.changed();
  }

  /** Send a step after those that wait; resolve to whether it was counted. @param {Step} step */
  press(step) {
    this.pollInterval.noteActivity();
    this.poller.stop(); // its answer might be older than the step's
    return this.queue.press(step);
  }

  /** Read at once, and often for a while, since somebody is there. */
  readNow() {
    this.pollInterval.noteActivity();
    this.poller.readAfter();
  }

  /** Read at once if reads had become rare: somebody touches the page. */
  wake() {
    if (this.pollInterval.isQuiet) this.readNow();
    else this.pollInterval.noteActivity();
  }

  /** @param {Backend} backend @param {Step} step */
  async #send(backend, step) {
    this.#requests += 1;
    const order = this.#requests;
    const term = await backend.step(step);
    this.moved = { isOurs: true, at: Date.now() };
    this.#isOurMove = !this.#show(term, order);
    for (const [each, problem] of this.#problems) {
      if (problem.order < order) this.#problems.delete(each);
    }
  }

  /** @param {Backend} backend @param {Step} step @param {BackendError} error @param {number} unsent */
  #stepFailed(backend, step, error, unsent) {
    this.#problems.set(backend, this.#toProblem(backend, step, error, unsent));
    if (error.type === "past-end") this.#highestIndex = error.index ?? Infinity;
  }

  #queueChanged() {
    if (!this.queue.length)
      this.poller.readAfter(this.#isOurMove || this.#problems.has(this.backend) ? 0 : this.pollInterval.quietWaitMs);
    this.changed();
  }

  /** Show a term unless a request that was sent later is shown already. @param {Term} term @param {number} order */
  #show(term, order) {
    if (order < this.#newest) return false;
    this.#newest = order;
    this.term = term;
    if (term.index > this.#highestIndex) this.#highestIndex = Infinity;
    return true;
  }

  /** Read once; return the wait before the next read in milliseconds. @param {AbortSignal} signal */
  async #read(signal) {
    const { backend } = this;
    this.#requests += 1;
    const order = this.#requests;
    let wait;
    try {
      const term = await backend.current(this.term?.index, signal);
      if (signal.aborted) return 0;
      this.pollInterval.forgetFailures();
      if (term) this.#follow(term, order);
      this.#isOurMove = false;
      this.#clearStaleProblem(backend);
      wait = this.pollInterval.quietWaitMs;
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      if (signal.aborted) return 0;
      wait = this.pollInterval.failedWaitMs(error.retryAfterSeconds);
      if (!this.#problems.has(backend)) this.#problems.set(backend, this.#toProblem(backend, null, error, 0));
    }
    this.changed();
    return wait;
  }

  /** Show what a read found: somebody moved the counter. @param {Term} term @param {number} order */
  #follow(term, order) {
    if (this.term) {
      this.moved = { isOurs: this.#isOurMove, at: Date.now() };
      this.pollInterval.noteActivity();
    }
    this.#show(term, order);
  }

  /** Take back what an answered read makes untrue: nobody answers, the counter is at an end. @param {Backend} backend */
  #clearStaleProblem(backend) {
    const problem = this.#problems.get(backend);
    if (!problem) return;
    const { step, type, index = this.term?.index } = problem;
    if (!step || index !== this.term?.index) this.#problems.delete(backend);
    else if (type === "offline") this.#problems.set(backend, { ...problem, type: "answers-again" });
  }

  /**
   * @param {Backend} backend
   * @param {Step | null} step
   * @param {BackendError} error
   * @param {number} unsent
   * @returns {Problem}
   */
  #toProblem(backend, step, { type, index }, unsent) {
    return { type, backend, step, index, unsent, order: this.#requests };
  }
}
