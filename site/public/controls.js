/** Steps by buttons and keys: a press is a step, and one that is held down repeats. */

import { byId, isEnabled } from "./dom.js";

const HOLD_MS = 400;
const REPEAT_MS = 90;
const MOST_WAITING = 2; // while something is held down, so that the steps end when it is let go
/** @type {Record<string, Step>} */
const KEYS = { ArrowLeft: "previous", ArrowRight: "next" };

/**
 * Join a button to a step.
 * @param {"previous" | "next"} step the button's id too
 * @param {Counter} counter
 * @param {() => void} press
 */
export function stepByButton(step, counter, press) {
  const button = byId(step);
  let timer = 0;
  let isHeld = false;
  const repeat = () => {
    isHeld = true;
    if (!isEnabled(step)) return;
    if (counter.queue.length < MOST_WAITING) press();
    timer = setTimeout(repeat, REPEAT_MS);
  };
  const release = () => clearTimeout(timer);
  button.addEventListener("pointerdown", (event) => {
    isHeld = false;
    if (event.button === 0) timer = setTimeout(repeat, HOLD_MS);
  });
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(end, release);
  button.addEventListener("contextmenu", (event) => isHeld && event.preventDefault()); // a long touch
  button.addEventListener("click", (event) => {
    if (isEnabled(step) && (!isHeld || !event.detail)) press();
    isHeld = false;
  });
}

/** Join the arrow keys to the step buttons. @param {Counter} counter */
export function stepByKeys(counter) {
  addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const step = KEYS[event.key];
    const isOnButton = event.key === "Enter" && ["next", "previous"].includes(target.id);
    if ((!step && !isOnButton) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (target.matches("input, .whole") || document.querySelector("dialog[open]")) return; // these use the keys themselves
    if (event.repeat && counter.queue.length >= MOST_WAITING) event.preventDefault();
    else if (step) {
      event.preventDefault();
      byId(step).click();
    }
  });
}
