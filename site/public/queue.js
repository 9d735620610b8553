/** The presses for one backend: sent one after another, each once, each with an end. */

import { BackendError } from "./api.js";

export const BUSY_AFTER_MS = 300; // a press that is answered sooner is not shown as waiting
export const SLOW_AFTER_MS = 3_000; // from here on the page says what it waits for

export class StepQueue {
  /** @type {Press[]} the first one is on its way */
  #presses = [];
  #sentAt = 0;

  /**
   * @param {Backend} backend
   * @param {object} events
   * @param {(backend: Backend, step: Step) => Promise<void>} events.send sends a step; fails with a BackendError
   * @param {(backend: Backend, step: Step, error: BackendError, unsent: number) => void} events.failed
   * @param {() => void} events.changed is called after whatever changes here
   */
  constructor(backend, { send, failed, changed }) {
    this.backend = backend;
    this.send = send;
    this.failed = failed;
    this.changed = changed;
  }

  /** How many presses have not been answered yet. */
  get length() {
    return this.#presses.length;
  }

  /** The steps that have not been answered yet, oldest first. */
  get steps() {
    return this.#presses.map(({ step }) => step);
  }

  /** Whether a press has waited long enough to show it. */
  get isBusy() {
    return this.length > 0 && performance.now() - this.#presses[0].pressedAt >= BUSY_AFTER_MS;
  }

  /** Whether the step that was sent last has waited long enough to say so. */
  get isSlow() {
    return this.length > 0 && performance.now() - this.#sentAt >= SLOW_AFTER_MS;
  }

  /**
   * Add a step behind those that wait; resolve to whether it was counted.
   * @param {Step} step
   * @returns {Promise<boolean>}
   */
  press(step) {
    return new Promise((resolve) => {
      this.#presses.push({ step, pressedAt: performance.now(), resolve });
      if (this.length === 1) this.#sendAll();
      else this.changed(); // a press that does not wait shows nothing yet
    });
  }

  async #sendAll() {
    while (this.length) {
      const counted = await this.#sendFirst();
      this.#presses.shift()?.resolve(counted);
      this.changed();
    }
  }

  async #sendFirst() {
    const { step } = this.#presses[0];
    this.#sentAt = performance.now();
    const timers = [BUSY_AFTER_MS, SLOW_AFTER_MS].map((wait) => setTimeout(this.changed, wait));
    try {
      await this.send(this.backend, step);
      return true;
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      this.failed(this.backend, step, error, error.type === "offline" ? this.#dropWaiting() : 0);
      return false;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** Drop what waits behind a step that got no answer: it would only fail one by one. */
  #dropWaiting() {
    const dropped = this.#presses.splice(1);
    for (const { resolve } of dropped) resolve(false);
    return dropped.length;
  }
}
