/** A backend over HTTP: terms come back as `{index, value}`, failures as a Problem. */

const TIMEOUT_MS = 30_000;

/** What went wrong, as the backend's problem document says it, or `offline`. */
export class Problem extends Error {
  constructor(type, detail) {
    super(detail);
    this.type = type.replace(/^urn:fib:/, "");
  }
}

async function send(backend, method, path) {
  let answer;
  let body;
  try {
    answer = await fetch(backend.url + path, { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await answer.json();
  } catch {
    throw new Problem("offline", `${backend.name} does not answer.`);
  }
  if (!answer.ok) throw new Problem(body.type ?? "unknown", body.detail ?? "");
  return body;
}

/** Return where the counter stands, or null while it still stands at `index`. */
export async function changedFrom(backend, index) {
  const answer = await fetch(`${backend.url}/current`, {
    headers: { "If-None-Match": `"${index}"` },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return answer.status === 200 ? answer.json() : null;
}

export const current = (backend) => send(backend, "GET", "/current");
export const next = (backend) => send(backend, "POST", "/next");
export const previous = (backend) => send(backend, "POST", "/previous");
export const reset = (backend) => send(backend, "POST", "/reset");

export async function configuredBackends() {
  const { backends } = await (await fetch("config.json")).json();
  return backends;
}
