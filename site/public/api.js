/** A backend over HTTP: terms come back as `{index, value}`, failures as a Problem. */

const IN_WORDS = {
  "before-start": "This is the start: there is nothing before index 0.",
  "past-end": "This is the end: the counter goes no further.",
  unavailable: "The counter can’t be reached just now.",
  "outcome-unknown": "No answer came in time.",
  offline: "The backend does not answer. Is it running?",
  "answers-again": "No answer came to the last step.",
  unexpected: "The backend gave an answer that this page can’t read.",
  internal: "The backend failed.",
};
const MAYBE_COUNTED = "The step may have been counted; the number here is where the counter stands.";
const OF_A_STEP = {
  unavailable: "The step was not counted; press again.",
  "outcome-unknown": MAYBE_COUNTED,
  offline: "The step may have been counted.",
  "answers-again": "It may have been counted. The backend answers again, and the number here is where the counter stands.",
  unexpected: MAYBE_COUNTED,
  internal: MAYBE_COUNTED,
};
const TIMEOUT_MS = 30_000;
const CALLS_KEPT = 40;

/** What went wrong, as the backend's problem document says it, or `offline` or `unexpected`. */
export class Problem extends Error {
  constructor(type, detail, { retryAfterSeconds = 0, index } = {}) {
    super(detail);
    this.type = type.replace(/^urn:fib:/, "");
    this.retryAfterSeconds = retryAfterSeconds;
    this.index = index; // where a refused step found the counter
  }
}

/** Say a problem to a person: what happened, what became of the step, and what the page does. */
export function inWords({ type, detail, step, unsent }) {
  const away = navigator.onLine ? IN_WORDS[type] : "You are offline.";
  const what = type === "offline" ? away : (IN_WORDS[type] ?? detail);
  const then = step ? OF_A_STEP[type] : "The page goes on trying.";
  const rest = unsent ? `Of the presses after it, ${unsent} were not sent.` : "";
  return [what, then, rest].filter(Boolean).join(" ");
}

/** One of the configured backends, and its last calls, oldest first. */
export class Backend {
  calls = []; // {at, latencyMs}: when it was sent, and how long its answer took

  constructor({ name, url }) {
    this.name = name;
    this.url = url;
  }

  get document() {
    return `${this.url}/openapi.json`;
  }

  /** Return where the counter stands, or null where it still stands at `index`. */
  current(index) {
    const headers = index === undefined ? {} : { "If-None-Match": `"${index}"` };
    return this.#send("/current", { headers, cache: "no-store" });
  }

  /** Step to the `next` or `previous` index, or `reset`; return where that led. Never repeated. */
  step(name) {
    return this.#send(`/${name}`, { method: "POST" });
  }

  async #send(path, request) {
    const [at, started] = [new Date(), performance.now()];
    const answer = await this.#answered(path, request);
    this.calls.push({ at, latencyMs: performance.now() - started });
    if (this.calls.length > CALLS_KEPT) this.calls.shift();
    if (answer.status === 304) return null;
    if (answer.status !== 200) throw problemOf(answer);
    if (!isTerm(answer.body)) throw unexpected(answer);
    return answer.body;
  }

  async #answered(path, request) {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const answer = await fetch(this.url + path, { ...request, signal });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: parsed(text) };
    } catch {
      throw new Problem("offline", `${this.name} does not answer.`);
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isTerm = (body) => Number.isSafeInteger(body?.index) && /^\d+$/.test(body.value);

function problemOf(answer) {
  const { type, detail, index } = answer.body ?? {};
  if (typeof type !== "string" || !type.startsWith("urn:fib:")) return unexpected(answer);
  const retryAfterSeconds = Number(answer.headers.get("Retry-After")) || 0;
  return new Problem(type, detail, { retryAfterSeconds, index });
}

const unexpected = ({ status }) => new Problem("unexpected", `An answer of status ${status}.`);

/** Return the backends that `config.json` names. */
export async function configuredBackends() {
  const { backends } = await (await fetch("config.json")).json();
  return backends.map((backend) => new Backend(backend));
}
