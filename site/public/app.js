/** Starts the page: reads the configuration and joins controls and keys to the counter. */

import { configuredBackends } from "./api.js";
import { Counter } from "./state.js";
import { showBackends, View } from "./view.js";

const KEYS = { ArrowLeft: "previous", ArrowRight: "next", r: "reset" };
const PACES = [0.5, 1, 2, 4, 8, 16]; // steps a second
const HOLD_MS = 400;
const REPEAT_MS = 90;
const LONGEST_REPEATED = 2; // presses that wait while a key is held, so that it ends when let go
const COPIED_MS = 2_000;
const CONFIGURE_AGAIN_MS = 2_000;
const byId = (id) => document.getElementById(id);

const backends = await configured();
const named = (name) => backends.find((backend) => backend.name === name);
const inUrl = () => new URL(location.href).searchParams.get("backend");
const view = new View();
let planned = 0;
const counter = new Counter(
  backends,
  named(inUrl()) ?? named(remembered()) ?? backends[0],
  () => (planned ||= requestAnimationFrame(show)),
  () => document.hidden,
);

/** The backends; asks for them again and says so, for as long as nobody tells. */
async function configured() {
  for (;;) {
    try {
      return await configuredBackends();
    } catch {
      byId("message").textContent = "The site does not say where its backends are. The page goes on trying.";
      await new Promise((resolve) => setTimeout(resolve, CONFIGURE_AGAIN_MS));
    }
  }
}

/** The choice of the last visit, where the browser keeps anything for this site. */
function remembered() {
  try {
    return localStorage.getItem("backend");
  } catch {
    return null;
  }
}

function remember(name) {
  try {
    localStorage.setItem("backend", name);
  } catch {
    // The URL has it.
  }
}

function show() {
  planned = 0;
  view.render(counter);
}

function choose(backend) {
  if (backends.length > 1) {
    remember(backend.name);
    const url = new URL(location.href);
    url.searchParams.set("backend", backend.name);
    history.replaceState(null, "", url);
  }
  counter.choose(backend);
}

/** A press is a step; held down it repeats, no faster than the backend answers. */
function stepBy(id) {
  const button = byId(id);
  let timer = 0;
  let held = false;
  const repeat = () => {
    held = true;
    if (button.disabled) return;
    if (counter.waiting < LONGEST_REPEATED) counter.press(id);
    timer = setTimeout(repeat, REPEAT_MS);
  };
  const release = () => clearTimeout(timer);
  button.addEventListener("pointerdown", (event) => {
    held = false;
    if (event.button === 0) timer = setTimeout(repeat, HOLD_MS);
  });
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(end, release);
  button.addEventListener("contextmenu", (event) => held && event.preventDefault()); // a long touch
  button.addEventListener("click", (event) => {
    if (!held || !event.detail) counter.press(id);
    held = false;
  });
}

function onKey(event) {
  const button = byId(KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]);
  const onStep = event.key === "Enter" && ["next", "previous"].includes(event.target.id);
  if ((!button && !onStep) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input") || byId("confirm").open) return; // it has its own use for keys
  if (event.repeat && (button?.id === "reset" || counter.waiting >= LONGEST_REPEATED)) {
    event.preventDefault();
  } else if (button) {
    event.preventDefault();
    button.click(); // does nothing where the button is disabled
  }
}

function askToReset() {
  counter.pause();
  byId("confirm").returnValue = "";
  byId("confirm").showModal();
}

async function copy() {
  const copied = await navigator.clipboard.writeText(counter.term.value).then(() => true, () => false);
  byId("copy").textContent = copied ? "Copied" : "Refused";
  setTimeout(() => (byId("copy").textContent = "Copy"), COPIED_MS);
}

function setPace() {
  const pace = PACES[byId("speed").value];
  counter.perSecond = pace;
  byId("pace").textContent = pace < 1 ? "every 2 s" : `${pace} a second`;
  byId("speed").setAttribute("aria-valuetext", pace < 1 ? "a step every 2 seconds" : `${pace} steps a second`);
}

showBackends(backends, counter.backend, choose);
stepBy("previous");
stepBy("next");
setPace();
byId("speed").addEventListener("input", setPace);
byId("play").addEventListener("click", () => (counter.playing ? counter.pause() : counter.play()));
byId("reset").addEventListener("click", askToReset);
byId("confirm").addEventListener("close", ({ target }) => target.returnValue === "yes" && counter.press("reset"));
byId("copy").addEventListener("click", copy);
byId("all").addEventListener("click", () => view.toggleWhole());
addEventListener("keydown", onKey);
addEventListener("online", () => counter.readSoon(0));
document.addEventListener("visibilitychange", () => (document.hidden ? counter.stopReading() : counter.readSoon(0)));
choose(counter.backend);
