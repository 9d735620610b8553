/** The presses for one backend: sent one after another, each once, each with an end. */

import { BackendError } from "./api.js";

export const BUSY_AFTER_MS = 300; // a press that is answered sooner is not shown as waiting
export const SLOW_AFTER_MS = 3_000; // from here on the page says what it waits for

export class StepQueue {
  /** @type {Press[]} the first one is on its way */
  #presses = [];
  #sentAt = 0;

  /** @param {Backend} backend @param {QueueEvents} events */
  constructor(backend, events) {
    this.backend = backend;
    this.events = events;
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

  /** Add a step behind those that wait; resolve to whether it was counted. @param {Step} step @returns {Promise<boolean>} */
  press(step) {
    return new Promise((resolve) => {
      this.#presses.push({ step, pressedAt: performance.now(), resolve });
      if (this.length === 1) this.#sendAll();
      else this.events.changed(); // a press that does not wait shows nothing yet
    });
  }

  async #sendAll() {
    while (this.length) {
      const counted = await this.#sendFirst();
      this.#presses.shift()?.resolve(counted);
      this.events.changed();
    }
  }

  async #sendFirst() {
    const { step } = this.#presses[0];
    this.#sentAt = performance.now();
    const timers = [BUSY_AFTER_MS, SLOW_AFTER_MS].map((wait) => setTimeout(this.events.changed, wait));
    try {
      await this.events.send(this.backend, step);
      return true;
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      this.events.failed(this.backend, step, error, error.type === "offline" ? this.#dropWaiting() : 0);
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
