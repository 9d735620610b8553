/** Reads the counter again and again, one read at a time. */

import { SLOW_AFTER_MS } from "./queue.js";

export class Poller {
  #timer = 0;
  #reading = new AbortController();
  #startedAt = Infinity; // when the read in flight was sent

  /** @param {PollerEvents} events */
  constructor(events) {
    this.events = events;
  }

  /** Whether the read in flight has waited long enough to say so. */
  get isSlow() {
    return performance.now() - this.#startedAt >= SLOW_AFTER_MS;
  }

  /** Read after so many milliseconds, instead of what was planned or is in flight. @param {number} [milliseconds] */
  readAfter(milliseconds = 0) {
    this.stop();
    if (this.events.mayRead()) this.#timer = setTimeout(() => this.#read(), milliseconds);
  }

  /** Abort the read in flight and plan no other. */
  stop() {
    clearTimeout(this.#timer);
    this.#reading.abort();
    this.#startedAt = Infinity;
  }

  async #read() {
    const reading = new AbortController();
    this.#reading = reading;
    this.#startedAt = performance.now();
    const slow = setTimeout(this.events.changed, SLOW_AFTER_MS);
    const wait = await this.events.read(reading.signal);
    clearTimeout(slow);
    if (!reading.signal.aborted) this.readAfter(wait);
  }
}
