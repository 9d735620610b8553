/** Steps forward by itself, each step after the last one is answered. */

export class Player {
  perSecond = 2; // at most
  /** @type {AbortController | null} the run that goes on */
  #run = null;

  /**
   * @param {object} events
   * @param {() => Promise<boolean>} events.step steps once; returns whether the step was counted
   * @param {() => boolean} events.isHidden
   * @param {() => void} events.changed
   */
  constructor({ step, isHidden, changed }) {
    this.step = step;
    this.isHidden = isHidden;
    this.changed = changed;
  }

  get isPlaying() {
    return this.#run !== null;
  }

  /** Start, or start anew without waiting for a step that is still unanswered. */
  async start() {
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    this.changed();
    while (!run.signal.aborted) {
      const started = performance.now();
      if (!this.isHidden() && !(await this.step())) break;
      const rest = 1000 / this.perSecond - (performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
    }
    if (this.#run === run) this.stop();
  }

  stop() {
    this.#run?.abort();
    this.#run = null;
    this.changed();
  }
}
