/** Numbers as text: a value of any length never becomes a JavaScript number. */

const LONGEST_WHOLE = 300;
const SHOWN_AT_EACH_END = 90;

/** Split decimal digits into groups of three from the right: "1234" → ["1", "234"]. */
export function groups(digits) {
  const first = digits.length % 3;
  const found = first ? [digits.slice(0, first)] : [];
  for (let at = first; at < digits.length; at += 3) found.push(digits.slice(at, at + 3));
  return found;
}

/** Return head and tail of a long value, in groups, or all of a short one as the head. */
export function ends(digits) {
  if (digits.length <= LONGEST_WHOLE) return { head: groups(digits), tail: [], hidden: 0 };
  const headLength = SHOWN_AT_EACH_END + (digits.length % 3);
  return {
    head: groups(digits.slice(0, headLength)),
    tail: groups(digits.slice(-SHOWN_AT_EACH_END)),
    hidden: digits.length - headLength - SHOWN_AT_EACH_END,
  };
}

/** Group a count for people: 1234 → "1 234" with a thin space. */
export const counted = (count) => groups(String(count)).join("\u2009");
