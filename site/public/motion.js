/** How things move when the counter does. */

export const FADE_MS = 180;
export const TURN_MS = 420; // a change that comes sooner after another is shown at once, without any motion

/** Whether the person prefers less motion. */
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
