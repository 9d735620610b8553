/** Transport to a backend over HTTP: terms come back as `{index, value}`, failures as a BackendError. */

const TIMEOUT_MS = 30_000;
const CALLS_KEPT = 40;
const PROBLEM_PREFIX = "urn:fib:";

/** A request that failed: its `type` is that of the problem document, or `offline` or `unexpected`. */
export class BackendError extends Error {
  /** @param {string} type @param {{retryAfterSeconds?: number, index?: number}} [details] */
  constructor(type, { retryAfterSeconds = 0, index } = {}) {
    super(type);
    this.type = type;
    this.retryAfterSeconds = retryAfterSeconds;
    this.index = index;
  }
}

/** One of the configured backends, and its last calls, oldest first. */
export class Backend {
  /** @type {Call[]} */
  calls = [];

  /** @param {{name: string, url: string}} configuration */
  constructor({ name, url }) {
    this.name = name;
    this.url = url;
  }

  /**
   * Return where the counter stands, or null if it still stands at `index`.
   * @param {number | undefined} index
   * @param {AbortSignal} signal
   */
  current(index, signal) {
    /** @type {HeadersInit} */
    const headers = index === undefined ? {} : { "If-None-Match": `"${index}"` };
    return this.#send("/current", { headers, cache: "no-store" }, signal);
  }

  /** Send one step, never again and never aborted; return where it led. @param {Step} name */
  async step(name) {
    return /** @type {Term} */ (await this.#send(`/${name}`, { method: "POST" }));
  }

  /** @param {string} path @param {RequestInit} request @param {AbortSignal} [signal] @returns {Promise<Term | null>} */
  async #send(path, request, signal) {
    const [at, started] = [new Date(), performance.now()];
    const { response, body } = await this.#fetch(path, request, signal);
    this.calls.push({ at, latencyMs: performance.now() - started });
    if (this.calls.length > CALLS_KEPT) this.calls.shift();
    if (response.status === 304) return null;
    if (response.status !== 200) throw toBackendError(response, body);
    if (!isTerm(body)) throw new BackendError("unexpected");
    return body;
  }

  /** @param {string} path @param {RequestInit} request @param {AbortSignal} [signal] */
  async #fetch(path, request, signal) {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(this.url + path, {
        ...request,
        credentials: "omit", // the cookies of other sites on the same host would fill the request's head
        signal: AbortSignal.any(signal ? [signal, late.signal] : [late.signal]),
      });
      return { response, body: parseJson(await response.text()) };
    } catch {
      throw new BackendError("offline");
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {any} body @returns {body is Term} */
const isTerm = (body) => Number.isSafeInteger(body?.index) && /^\d+$/.test(body.value);

/** @param {Response} response @param {any} body */
function toBackendError({ headers }, body) {
  const { type, index } = body ?? {};
  if (typeof type !== "string" || !type.startsWith(PROBLEM_PREFIX)) return new BackendError("unexpected");
  const retryAfterSeconds = Number(headers.get("Retry-After")) || 0;
  return new BackendError(type.slice(PROBLEM_PREFIX.length), { retryAfterSeconds, index });
}

/** Return the backends that `config.json` names. @returns {Promise<Backend[]>} */
export async function configuredBackends() {
  const { backends } = await (await fetch("config.json")).json();
  return backends.map((/** @type {{name: string, url: string}} */ each) => new Backend(each));
}
