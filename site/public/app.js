/** Joins the page to the chosen backend: one request after another, in the order of the presses. */

import * as api from "./api.js";
import { counted, ends, grouped } from "./numbers.js";

const IN_WORDS = {
  "before-start": "This is the start: there is nothing before index 0.",
  "past-end": "This is the end: the counter goes no further.",
  unavailable: "The counter can't be reached just now. Nothing was counted; try again.",
  "outcome-unknown": "No answer came: the step may have been counted. This is where it stands now.",
  offline: "The backend does not answer. Is it running?",
};
const FOLLOW_MS = 2_000;
const KEYS = { ArrowLeft: "previous", ArrowRight: "next", r: "reset" };
const byId = (id) => document.getElementById(id);
const controls = ["previous", "next", "reset"];

let backends = [];
let backend;
let shown;
let whole = false;
let queue = Promise.resolve();
let waiting = 0;

function show(term) {
  if (shown?.index !== term.index) whole = false;
  shown = term;
  const { head, tail, hidden } = ends(term.value);
  const parts = whole || !hidden ? [grouped(term.value)] : [head, ellipsis(hidden), tail];
  byId("value").replaceChildren(...parts);
  byId("value").classList.toggle("long", term.value.length > 60);
  byId("position").textContent = `F(${counted(term.index)})`;
  byId("digits").textContent = `${counted(term.value.length)} ${term.value.length === 1 ? "digit" : "digits"}`;
  byId("all").hidden = !hidden;
  byId("all").textContent = whole ? "Show ends" : "Show all";
  byId("copy").disabled = false;
  byId("next").disabled = byId("reset").disabled = false;
  byId("previous").disabled = term.index === 0;
  document.title = `F(${counted(term.index)}) · Fibonacci`;
}

function ellipsis(hidden) {
  const gap = document.createElement("b");
  gap.textContent = `… ${counted(hidden)} more …`;
  return gap;
}

function ask(operation) {
  waiting += 1;
  queue = queue.then(async () => {
    try {
      show(await operation(backend));
      byId("message").textContent = "";
    } catch (problem) {
      byId("message").textContent = IN_WORDS[problem.type] ?? problem.message;
      if (problem.type === "offline" || operation === api.current) return;
      await api.current(backend).then(show, () => {});
    } finally {
      waiting -= 1;
    }
  });
}

function choose(chosen) {
  backend = chosen;
  localStorage.setItem("backend", chosen.name);
  byId("document").href = `${chosen.url}/openapi.json`;
  for (const id of controls) byId(id).disabled = false;
  ask(api.current);
}

function offerChoice() {
  for (const offered of backends) {
    const input = Object.assign(document.createElement("input"), {
      type: "radio",
      name: "backend",
      checked: offered === backend,
    });
    input.addEventListener("change", () => choose(offered));
    const name = document.createElement("span");
    name.textContent = offered.name;
    const label = document.createElement("label");
    label.append(input, name);
    byId("backends").append(label);
  }
  byId("backends").hidden = backends.length < 2;
}

byId("next").addEventListener("click", () => ask(api.next));
byId("previous").addEventListener("click", () => ask(api.previous));
byId("reset").addEventListener("click", () => {
  if (confirm("Set the counter back to 0, for everybody?")) ask(api.reset);
});
byId("copy").addEventListener("click", () => navigator.clipboard.writeText(shown.value));
byId("all").addEventListener("click", () => {
  whole = !whole;
  show(shown);
});

addEventListener("keydown", (event) => {
  const id = KEYS[event.key];
  if (!id || event.ctrlKey || event.metaKey || event.altKey || event.target.type === "radio") return;
  event.preventDefault();
  byId(id).click(); // does nothing where the button is disabled
});

/** Show the steps that others take, while the page is seen and no request of its own waits. */
function follow() {
  setTimeout(async () => {
    if (!document.hidden && shown && waiting === 0) {
      const [asked, at] = [backend, shown];
      const term = await api.changedFrom(asked, at.index).catch(() => null);
      if (term && waiting === 0 && shown === at && backend === asked) show(term);
    }
    follow();
  }, FOLLOW_MS);
}

backends = await api.configuredBackends();
choose(backends.find(({ name }) => name === localStorage.getItem("backend")) ?? backends[0]);
offerChoice();
follow();
