/** Every text that the page's scripts show or say. */

import { fibonacci, PHI } from "./geometry.js";
import { ago, counted, ends, powerOfTen } from "./numbers.js";

/** Where the source is. Put the address of this project's own repository here once it is public. */
export const SOURCE = { text: "After stuburger/go-fib", url: "https://github.com/stuburger/go-fib" };

export const LARGEST_LINKED = 10_000; // the highest index that the page computes by itself

const LAST_IN_DIGITS = 30; // further on, a side is called F(k)
const LAST_DIVIDED = 40; // further on, the ratio is φ in every digit shown
const SPOKEN_DIGITS = 15;

export const WAITING_FOR_CONFIG = "Waiting for config.json, which says where the backends are.";
export const NO_CONFIG = "Could not load config.json, which says where the backends are. Retrying …";
export const COPY_REFUSED =
  "The browser did not allow this page to copy. Select the digits after “Show all” and copy them by hand.";
export const NO_SUCH_TERM = `This page can show the terms from F(0) to F(${counted(LARGEST_LINKED)}).`;
export const LOOKING = "Computed in this page. It is not the counter.";
export const COPIED = "Copied";

/** @type {Record<string, {title: string, subject: string, about: string}>} */
const BACKENDS = {
  server: { title: "A server that never sleeps", subject: "The server", about: "about the server" },
  lambda: { title: "A function that wakes when asked", subject: "The function", about: "about the function" },
};

/** Return what a visitor reads for a backend's name. @param {string} name */
export const backendWords = (name) =>
  BACKENDS[name] ?? { title: name, subject: `The backend ${name}`, about: "about it" };

/** @type {Record<string, (subject: string, isStep: boolean) => string>} */
const WHAT_HAPPENED = {
  "before-start": () => "This is the start: there is nothing before index 0.",
  "past-end": () => "This is the end: the counter goes no further.",
  unavailable: (subject) => `${subject} can’t reach the counter just now.`,
  "outcome-unknown": (subject) => `${subject} got no answer from its database in time.`,
  offline: (subject, isStep) => {
    if (navigator.onLine === false) return "You are offline.";
    return isStep ? `${subject} did not answer a step.` : `${subject} does not answer.`;
  },
  "answers-again": (subject) => `${subject} did not answer a step, and answers again now.`,
  unexpected: (subject) => `${subject} gave an answer that this page can’t read.`,
  internal: (subject) => `${subject} failed.`,
};
const MAYBE_COUNTED = "It may have been counted.";
const MAYBE_COUNTED_SEE_HERE = "The step may have been counted; the number here is where the counter stands.";
/** @type {Record<string, string>} */
const WHAT_BECAME_OF_IT = {
  "before-start": "",
  "past-end": "",
  unavailable: "The step was not counted; press again.",
  offline: MAYBE_COUNTED,
};

/** Say what happened, what became of the step, and what the page does. @param {Problem} problem */
export function problemInWords({ type, backend, step, unsent }) {
  const { subject } = backendWords(backend.name);
  const what = (WHAT_HAPPENED[type] ?? WHAT_HAPPENED.unexpected)(subject, step !== null);
  const then = step ? (WHAT_BECAME_OF_IT[type] ?? MAYBE_COUNTED_SEE_HERE) : "The page goes on trying.";
  const rest = unsent ? `${presses(unsent, "later")} ${unsent === 1 ? "was" : "were"} not sent.` : "";
  return [what, then, rest].filter(Boolean).join(" ");
}

/** @param {number} count @param {string} which */
const presses = (count, which) => `${counted(count)} ${which} ${count === 1 ? "press" : "presses"}`;

/**
 * Say that a backend takes long to answer.
 * @param {string} name
 * @param {{isChosen: boolean, isFirst: boolean, waiting: number}} situation `waiting` is how many
 *   presses have no answer, the one that was sent included
 */
export function slowInWords(name, { isChosen, isFirst, waiting }) {
  const { subject } = backendWords(name);
  if (isFirst) return `Waiting for ${lowered(subject)} to answer.`;
  const rest = waiting > 1 ? `${presses(waiting - 1, "more")} ${waiting === 2 ? "waits" : "wait"} for it.` : "";
  const what = isChosen ? `${subject} has not answered yet.` : `${subject} has not answered a step. ${MAYBE_COUNTED}`;
  return [what, rest].filter(Boolean).join(" ");
}

/** @param {string} text */
const lowered = (text) => text[0].toLowerCase() + text.slice(1);

/** Say how many presses wait. @param {number} count */
export const waitingInWords = (count) => (count > 1 ? `${counted(count)} waiting` : "");

/** Say who moved the counter last. @param {{isOurs: boolean, at: number} | null} moved */
export function movedInWords(moved) {
  if (!moved) return "Nobody has moved it since you came";
  return `Moved ${moved.isOurs ? "here" : "elsewhere"}, ${ago(Date.now() - moved.at)}`;
}

/** Name a term: F(1 000). @param {number} index */
export const termName = (index) => `F(${counted(index)})`;

/** @param {number} index */
export const pageTitle = (index) => `${termName(index)} · Fibonacci`;

/** @param {number} count */
export const digitCount = (count) => `${counted(count)} ${count === 1 ? "digit" : "digits"}`;

/** @param {number} count */
export const hiddenDigits = (count) => `… ${counted(count)} more …`;

/** @param {number} index */
export const backToCounter = (index) => `Show the counter, at ${termName(index)}`;

/** @param {number} perSecond */
export const pace = (perSecond) => (perSecond < 1 ? "every 2 s" : `${perSecond} a second`);

/** @param {number} perSecond */
export const spokenPace = (perSecond) =>
  perSecond < 1 ? "a step every 2 seconds" : `${perSecond} ${perSecond === 1 ? "step" : "steps"} a second`;

/** Whether sides at `index` and before it are named by their terms. @param {number} index */
export const isFar = (index) => index > LAST_IN_DIGITS;

/** Name the side of a square: its length, or F(k) if the whole picture is far on. @param {number} index @param {boolean} far */
export const sideName = (index, far) => (far ? termName(index) : counted(fibonacci(index)));

/** Describe the squares at `index`. @param {number} index */
export function squaresCaption(index) {
  if (index === 0) return "F(0) is 0: no square yet. Next draws the first.";
  if (index === 1) return "The first square, of side 1.";
  if (index === 2) return "Two squares of side 1: all others grow from these.";
  const [side, one, other] = [index, index - 1, index - 2].map((each) => sideName(each, isFar(index)));
  return `${side} = ${one} + ${other}, the two before it`;
}

/** Describe the ratio of the last two terms, which is 10^`exponent` from φ. @param {number} index @param {number} exponent */
export function ratioCaption(index, exponent) {
  if (index < 2) return "From F(2) on: each term ÷ the one before.";
  const [over, under] = [index, index - 1].map((each) => sideName(each, isFar(index)));
  const ratio = index > LAST_DIVIDED ? PHI : fibonacci(index) / fibonacci(index - 1);
  const digits = ratio.toFixed(9).replace(/(\d{3})(?=\d)/g, "$1\u00a0");
  return `${over}\u00a0÷\u00a0${under} = ${digits}\n${powerOfTen(exponent)} ${index % 2 ? "above" : "below"}\u00a0φ`;
}

/** Say a term to somebody who listens: whole, or by its length and its ends. @param {Term} term */
export function spokenTerm({ index, value }) {
  const { head, tail, hidden } = ends(value);
  if (!hidden) return `F(${index}) is ${value}`;
  return `F(${index}) has ${value.length} digits, from ${head.slice(0, SPOKEN_DIGITS)} to ${tail.slice(-SPOKEN_DIGITS)}`;
}
