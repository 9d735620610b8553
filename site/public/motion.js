/** How things move when the counter does. */

export const FADE_MS = 180;
export const STEADY_MS = 300; // changes that come faster are shown at once, without any motion

/** Whether the person prefers less motion. */
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
