/** Looking further in or out of the picture: by wheel, by drag, by pinch and by buttons; and saving it. */

import { byId, isEnabled } from "./dom.js";

const WHEEL_STEP_PX = 240; // of the wheel's way, a step
const LINE_PX = 16;
const DRAG_STEPS = 4; // over the picture's whole width
const SCROLL_PAUSE_MS = 400; // a page that scrolls goes on scrolling when the picture gets under the pointer

/** @param {SpiralView} spiral */
export function lookAround(spiral) {
  const frame = byId("spiral");
  byId("further-in").addEventListener("click", () => spiral.lookSmoothly(-1));
  byId("further-out").addEventListener("click", () => spiral.lookSmoothly(1));
  byId("come-back").addEventListener("click", () => {
    spiral.comeBack();
    byId("further-out").focus({ preventScroll: true }); // since this button goes
  });
  lookByWheel(frame, spiral);
  lookByPointers(frame, spiral);
}

/** @param {HTMLElement} frame @param {SpiralView} spiral */
function lookByWheel(frame, spiral) {
  let scrolledAt = -Infinity;
  addEventListener("scroll", () => (scrolledAt = performance.now()), { passive: true });
  frame.addEventListener(
    "wheel",
    (event) => {
      if (performance.now() - scrolledAt < SCROLL_PAUSE_MS) return;
      event.preventDefault();
      spiral.look((event.deltaY * (event.deltaMode ? LINE_PX : 1)) / WHEEL_STEP_PX);
    },
    { passive: false },
  );
}

/** One pointer drags to the side, since up and down scrolls the page; two pinch. @param {HTMLElement} frame @param {SpiralView} spiral */
function lookByPointers(frame, spiral) {
  /** @type {Map<number, PointerEvent>} */
  const pointers = new Map();
  const spread = () => {
    const [one, other] = [...pointers.values()];
    return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  };
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const spreadBefore = pointers.size === 2 ? spread() : 0;
    pointers.set(event.pointerId, event);
    if (spreadBefore) spiral.look(-Math.log(spread() / spreadBefore) / Math.log(1.618));
    else if (pointers.size === 1 && event.clientX !== before.clientX) {
      spiral.look((-DRAG_STEPS * (event.clientX - before.clientX)) / frame.clientWidth);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    frame.addEventListener(end, (event) => pointers.delete(/** @type {PointerEvent} */ (event).pointerId));
  }
}

/** @param {SpiralView} spiral @param {() => string} name the file's name without its ending */
export function savePicture(spiral, name) {
  byId("save").addEventListener("click", () => {
    if (!isEnabled("save")) return;
    const url = URL.createObjectURL(new Blob([spiral.toSvg()], { type: "image/svg+xml" }));
    Object.assign(document.createElement("a"), { href: url, download: `${name()}.svg` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 0);
  });
}
