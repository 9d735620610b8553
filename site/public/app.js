/** Starts the page: reads the configuration and joins controls, views and the counter. */

import { configuredBackends } from "./api.js";
import { BackendsView } from "./backends_view.js";
import { stepByButton, stepByKeys } from "./controls.js";
import { copyByButton, copyPlainDigits } from "./copying.js";
import { Counter } from "./counter.js";
import { byId, inputById, isEnabled, setText } from "./dom.js";
import { bigFibonacci } from "./numbers.js";
import { lookAround, savePicture } from "./picture_controls.js";
import { SLOW_AFTER_MS } from "./queue.js";
import { View } from "./view.js";
import * as words from "./words.js";

const PACES = [0.5, 1, 2, 4, 8, 16]; // steps a second
const CONFIGURE_AGAIN_MS = 2_000;
const NOTICE_MS = 8_000;
const TICK_MS = 1_000;
const LINK = /^#F(?:\(|%28)(\d{1,9})(?:\)|%29)$/;

const view = new View();
const firstLinked = linkedTerm();
if (firstLinked) view.showTerm(firstLinked); // it needs no backend
const backends = await configured();
const counter = new Counter(backends, initialBackend(), planShow, () => document.hidden);
const backendsView = new BackendsView(backends, counter.backend, choose);
/** @type {Term | null} the term that the page's address asks for */
let linked = null;
let notice = "";
let noticeTimer = 0;
let planned = false;

/** The backends; asks for them again, and says so, until the site tells them. @returns {Promise<Backend[]>} */
async function configured() {
  const slow = setTimeout(() => setText(byId("message"), words.WAITING_FOR_CONFIG), SLOW_AFTER_MS);
  for (;;) {
    try {
      const answered = await configuredBackends();
      clearTimeout(slow);
      return answered;
    } catch {
      clearTimeout(slow);
      setText(byId("message"), words.NO_CONFIG);
      await new Promise((resolve) => setTimeout(resolve, CONFIGURE_AGAIN_MS));
    }
  }
}

/** The backend that the address names, or that of the last visit, or the first. */
function initialBackend() {
  const named = (/** @type {string | null} */ name) => backends.find((backend) => backend.name === name);
  return named(new URL(location.href).searchParams.get("backend")) ?? named(remembered()) ?? backends[0];
}

/** The choice of the last visit, if the browser keeps anything for this site. */
function remembered() {
  try {
    return localStorage.getItem("backend");
  } catch {
    return null;
  }
}

/** @param {Backend} backend */
function choose(backend) {
  if (backends.length > 1) {
    const url = new URL(location.href);
    url.searchParams.set("backend", backend.name);
    history.replaceState(null, "", url);
    try {
      localStorage.setItem("backend", backend.name);
    } catch {
      // The address has it.
    }
  }
  counter.choose(backend);
}

function planShow() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    view.render(counter, linked, notice);
    backendsView.render();
  });
}

/** Say something for a while that is not about the counter. @param {string} text */
function say(text) {
  notice = text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    notice = "";
  }, NOTICE_MS);
  planShow();
}

/** @param {Step} step */
function press(step) {
  if (!counter.allows(step)) return;
  view.spiral.comeBack();
  counter.press(step);
}

/** The term that the address asks for, if there is one. */
function linkedTerm() {
  const index = Number(LINK.exec(location.hash)?.[1] ?? Infinity);
  return index <= words.LARGEST_LINKED ? { index, value: bigFibonacci(index) } : null;
}

/** Show the term that the address asks for, or else the counter. */
function followLink() {
  linked = linkedTerm();
  if (linked) counter.player.stop();
  say(location.hash.length > 1 && !linked ? words.NO_SUCH_TERM : "");
}

/** Leave the term that the address asks for. */
function leaveLink() {
  history.pushState(null, "", location.pathname + location.search);
  followLink();
}

/** The address of the term that is shown, or of the page if it could not compute that term. */
function linkToTerm() {
  const index = (linked ?? counter.term)?.index ?? Infinity;
  return location.origin + location.pathname + (index <= words.LARGEST_LINKED ? `#F(${index})` : "");
}

function setPace() {
  const perSecond = PACES[Number(inputById("speed").value)];
  counter.player.perSecond = perSecond;
  setText(byId("pace"), words.pace(perSecond));
  byId("speed").setAttribute("aria-valuetext", words.spokenPace(perSecond));
}

/** Call `action` on a click if the button takes presses. @param {string} id @param {() => void} action */
const onClick = (id, action) => byId(id).addEventListener("click", () => isEnabled(id) && action());

function joinControls() {
  const confirm = /** @type {HTMLDialogElement} */ (byId("confirm"));
  const shown = () => linked ?? counter.term;
  for (const step of /** @type {const} */ (["previous", "next"])) stepByButton(step, counter, () => press(step));
  stepByKeys(counter);
  setPace();
  byId("speed").addEventListener("input", setPace);
  onClick("play", () => {
    view.spiral.comeBack();
    if (counter.player.isPlaying) counter.player.stop();
    else counter.player.start();
  });
  onClick("reset", () => {
    counter.player.stop();
    confirm.returnValue = "";
    confirm.showModal();
  });
  confirm.addEventListener("close", () => confirm.returnValue === "yes" && press("reset"));
  onClick("all", () => view.number.toggleWhole());
  onClick("leave", leaveLink);
  const refused = () => say(words.COPY_REFUSED);
  copyByButton(byId("copy"), words.COPIED, () => shown()?.value, refused);
  copyByButton(byId("link"), words.COPIED, linkToTerm, refused);
  copyPlainDigits(byId("value"));
  lookAround(view.spiral);
  savePicture(view.spiral, () => `F(${shown()?.index})`);
  const source = /** @type {HTMLAnchorElement} */ (byId("source"));
  source.href = words.SOURCE.url;
  setText(source, words.SOURCE.text);
}

/** Read at once when somebody comes back to the page or touches it after a while. */
function followPeople() {
  for (const event of ["online", "focus"]) addEventListener(event, () => counter.readNow());
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => counter.wake(), { capture: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? counter.poller.stop() : counter.readNow()));
  addEventListener("hashchange", followLink);
  addEventListener("popstate", followLink);
  setInterval(planShow, TICK_MS); // how long ago the counter moved
}

joinControls();
followPeople();
followLink();
choose(counter.backend);
