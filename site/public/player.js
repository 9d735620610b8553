/** Steps forward by itself, each step after the last one is answered. */

export class Player {
  perSecond = 2; // at most
  /** @type {AbortController | null} the run that goes on */
  #run = null;

  /** @param {PlayerEvents} events */
  constructor(events) {
    this.events = events;
  }

  get isPlaying() {
    return this.#run !== null;
  }

  /** Start, or start anew without waiting for a step that is still unanswered. */
  async start() {
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    this.events.changed();
    while (!run.signal.aborted) {
      const started = performance.now();
      if (!this.events.isHidden() && !(await this.events.step())) break;
      const rest = 1000 / this.perSecond - (performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
    }
    if (this.#run === run) this.stop();
  }

  stop() {
    this.#run?.abort();
    this.#run = null;
    this.events.changed();
  }
}
