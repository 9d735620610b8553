/** Numbers as text: a value of any length never becomes a JavaScript number. */

const LONGEST_WHOLE = 300;
const SHOWN_AT_EACH_END = 90;
const THIN_SPACE = "\u2009"; // a line may break after it

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

/** Group a count for people. */
export const counted = (count) => grouped(String(count));
