/** How long to wait before the next read: longer while nothing happens, and while reads fail. */

const SHORTEST_MS = 2_000;
const LONGEST_QUIET_MS = 30_000;
const LONGEST_FAILED_MS = 10_000;
// A page that has been quiet for some time waits for this part of that time.
const QUIET_SHARE = 0.1;

export class PollInterval {
  #failures = 0;
  #activeAt = performance.now();

  /** Note that the counter moved, or that somebody touched the page. */
  noteActivity() {
    this.#activeAt = performance.now();
  }

  /** Forget the failures, as after an answer or for another backend. */
  forgetFailures() {
    this.#failures = 0;
  }

  /** Whether nothing has happened for so long that reads have become rare. */
  get isQuiet() {
    return this.quietWaitMs > SHORTEST_MS;
  }

  /** Return the wait after an answered read, in milliseconds: 2 s to 30 s. */
  get quietWaitMs() {
    const quiet = performance.now() - this.#activeAt;
    return Math.min(LONGEST_QUIET_MS, Math.max(SHORTEST_MS, QUIET_SHARE * quiet));
  }

  /**
   * Note a failed read and return the wait after it, in milliseconds: up to 10 s, or longer if the
   * backend asks for it.
   * @param {number} retryAfterSeconds
   */
  failedWaitMs(retryAfterSeconds) {
    this.#failures += 1;
    const longer = Math.min(LONGEST_FAILED_MS, SHORTEST_MS * 2 ** (this.#failures - 1));
    // Some pages come up to a quarter earlier, so that they do not all come at once.
    return Math.max(1000 * retryAfterSeconds, longer * (1 - Math.random() / 4));
  }
}
