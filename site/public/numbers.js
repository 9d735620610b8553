/** Numbers as people read them: a value of any length stays text and never becomes a JavaScript number. */

const MOST_DIGITS = 150; // a longer value is shown by its ends
const END_DIGITS = 60;
const NO_BREAK_SPACE = "\u00a0";

/** Return F(index) in decimal, computed by fast doubling. @param {number} index */
export function bigFibonacci(index) {
  let [here, next] = [0n, 1n];
  for (const bit of index.toString(2)) {
    [here, next] = [here * (2n * next - here), here * here + next * next];
    if (bit === "1") [here, next] = [next, here + next];
  }
  return String(here);
}

/** Cut decimal digits into thousands, from the right: "1234" → ["1", "234"]. @param {string} digits */
export function groups(digits) {
  const first = digits.length % 3;
  const cut = first ? [digits.slice(0, first)] : [];
  for (let at = first; at < digits.length; at += 3) cut.push(digits.slice(at, at + 3));
  return cut;
}

/** Return the ends of a long value, cut where a group begins, and how many digits are between. @param {string} digits */
export function ends(digits) {
  if (digits.length <= MOST_DIGITS) return { head: digits, tail: "", hidden: 0 };
  const headLength = END_DIGITS + (digits.length % 3);
  return {
    head: digits.slice(0, headLength),
    tail: digits.slice(-END_DIGITS),
    hidden: digits.length - headLength - END_DIGITS,
  };
}

/** Group a count for people, without a place for a line break. @param {number} count */
export const counted = (count) => groups(String(count)).join(NO_BREAK_SPACE);

/** Write 10^`exponent`: 0.38, 0.0071, and below that 1.3 × 10⁻³⁵. @param {number} exponent */
export function powerOfTen(exponent) {
  if (exponent > -3) return String(Number((10 ** exponent).toPrecision(2)));
  let whole = Math.floor(exponent);
  let mantissa = (10 ** (exponent - whole)).toFixed(1);
  if (mantissa === "10.0") [mantissa, whole] = ["1.0", whole + 1];
  return `${mantissa}\u00a0×\u00a010${raised(whole)}`;
}

/** Write a whole exponent of at most 0 in raised digits: ⁻³⁵. @param {number} exponent */
export const raised = (exponent) => `⁻${[...String(-exponent)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("")}`;

/**
 * Return the value that a `share` (0 to 1) of the samples does not exceed, by nearest rank.
 * @param {number[]} samples
 * @param {number} share
 */
export function quantile(samples, share) {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Write a time as people read it: 4.2 ms, 38 ms, 1.31 s. @param {number} milliseconds */
export function duration(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${milliseconds.toFixed(milliseconds < 9.95 ? 1 : 0)} ms`;
}

/** Write a time of day: 14:02:11. @param {Date} date */
export const timeOfDay = (date) => date.toLocaleTimeString("en-GB");

/** Write how long ago something was: just now, 12 s ago, 3 min ago, 2 h ago. @param {number} milliseconds */
export function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
