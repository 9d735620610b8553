/** Numbers as people read them: a value of any length stays text and never becomes a JavaScript number. */

import { fibonacci, PHI } from "./geometry.js";

const LONGEST_WHOLE = 240;
const SHOWN_AT_EACH_END = 90;
const THIN_SPACE = "\u2009"; // a line may break after it
const NO_BREAK_SPACE = "\u00a0";
const FIGURE_SPACE = "\u2007"; // as wide as a digit
// Divisible by 1 to 10, so that whole lines of up to ten groups end where a block does.
const GROUPS_IN_BLOCK = 2520;
const LAST_IN_DIGITS = 30; // further on, a side is called F(k)
const LAST_DIVIDED = 40; // further on, the ratio is φ in every digit shown

/** Group decimal digits by thousands: "1234" → "1 234", with thin spaces. */
export function grouped(digits) {
  const first = digits.length % 3;
  const groups = first ? [digits.slice(0, first)] : [];
  for (let at = first; at < digits.length; at += 3) groups.push(digits.slice(at, at + 3));
  return groups.join(THIN_SPACE);
}

/** Return head and tail of a long value, grouped as in the whole of it, and how many are between. */
export function ends(digits) {
  if (digits.length <= LONGEST_WHOLE) return { head: grouped(digits), tail: "", hidden: 0 };
  const headLength = SHOWN_AT_EACH_END + (digits.length % 3);
  return {
    head: grouped(digits.slice(0, headLength)),
    tail: grouped(digits.slice(-SHOWN_AT_EACH_END)),
    hidden: digits.length - headLength - SHOWN_AT_EACH_END,
  };
}

/** Cut a long value into grouped blocks that a browser lays out one by one, in full columns. */
export function blocks(digits) {
  const padded = FIGURE_SPACE.repeat((3 - (digits.length % 3)) % 3) + digits;
  const cut = [];
  for (let at = 0; at < padded.length; at += 3 * GROUPS_IN_BLOCK) {
    cut.push(grouped(padded.slice(at, at + 3 * GROUPS_IN_BLOCK)));
  }
  return cut;
}

/** Group a count for people; no line breaks in it. */
export const counted = (count) => grouped(String(count)).replaceAll(THIN_SPACE, NO_BREAK_SPACE);

/** Write 10^`exponent` (a float): 0.38, 0.0071, and from there on 1.3 × 10⁻³⁵. */
export function powerOfTen(exponent) {
  if (exponent > -3) return String(Number((10 ** exponent).toPrecision(2)));
  let whole = Math.floor(exponent);
  let mantissa = (10 ** (exponent - whole)).toFixed(1);
  if (mantissa === "10.0") [mantissa, whole] = ["1.0", whole + 1];
  const raised = [...String(-whole)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  return `${mantissa}\u00a0×\u00a010⁻${raised}`;
}

/** Return the value that a `share` (0 to 1) of the samples does not exceed, by nearest rank. */
export function quantile(samples, share) {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Write a time as people read it: 4.2 ms, 38 ms, 1.31 s. */
export function duration(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${milliseconds.toFixed(milliseconds < 9.95 ? 1 : 0)} ms`;
}

/** Write a time of day: 14:02:11. */
export const timeOfDay = (date) => date.toLocaleTimeString("en-GB");

/** Name the side of a square at `index`: its length, or F(k) where the whole picture is far on. */
export function nameOfSide(index, isFar) {
  return isFar ? `F(${counted(index)})` : counted(fibonacci(index));
}

/** Whether sides at `index` and before it are named by their terms. */
export const isFar = (index) => index > LAST_IN_DIGITS;

/** Describe the squares at `index`. */
export function captionOfSquares(index) {
  if (index === 0) return "F(0) is 0: no square yet.";
  if (index === 1) return "The first square, of side 1.";
  if (index === 2) return "Sides 1, 1: from here on each is the sum of two.";
  const shown = isFar(index) ? 3 : Math.min(index, 4);
  const sides = Array.from({ length: shown }, (_, back) => nameOfSide(index - back, isFar(index)));
  return `Sides ${sides.join(", ")}${index > shown ? ", …" : ""}: each the sum of the next\u00a0two.`;
}

/** Describe the ratio of the last two terms, which is 10^`exponent` from φ. */
export function captionOfRatio(index, exponent) {
  if (index < 2) return "The ratio of a term to the one before it, from F(2) on.";
  const [over, under] = [index, index - 1].map((k) => nameOfSide(k, isFar(index)));
  const ratio = index > LAST_DIVIDED ? PHI : fibonacci(index) / fibonacci(index - 1);
  const digits = ratio.toFixed(9).replace(/(\d{3})(?=\d)/g, "$1\u00a0");
  return `${over}\u00a0÷\u00a0${under} = ${digits}\n${powerOfTen(exponent)} ${index % 2 ? "above" : "below"}\u00a0φ`;
}

/** Say a term to somebody who listens: whole, or by its length and its ends. */
export function spoken({ index, value }) {
  const { head, tail, hidden } = ends(value);
  if (!hidden) return `F(${index}) is ${grouped(value)}`;
  return `F(${index}) has ${value.length} digits, from ${head.slice(0, 15)} to ${tail.slice(-15)}`;
}
