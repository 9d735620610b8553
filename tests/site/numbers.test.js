import assert from "node:assert/strict";
import test from "node:test";
import * as numbers from "../../site/public/numbers.js";

const plain = (text) => text.replace(/\s/g, "");

test("digits are cut into thousands from the right", () => {
  const cases = { 0: "0", 144: "144", 1597: "1 597", 832040: "832 040", 12586269025: "12 586 269 025" };
  for (const [digits, expected] of Object.entries(cases)) {
    assert.equal(numbers.groups(digits).join(" "), expected);
  }
});

test("a count has no line break in it", () => {
  assert.equal(numbers.counted(208988), "208\u00a0988");
});

test("no digit is lost between head, tail and what is hidden", () => {
  for (const length of [1, 149, 150, 151, 152, 153, 2090, 208988]) {
    const digits = Array.from({ length }, (_, at) => (at * 7 + 1) % 10).join("");
    const { head, tail, hidden } = numbers.ends(digits);
    assert.equal(head.length + hidden + tail.length, length);
    assert.ok(digits.startsWith(head) && digits.endsWith(tail));
    assert.equal(hidden > 0, length > 150);
  }
});

test("head and tail are grouped as in the whole number", () => {
  const digits = `12${"345678901".repeat(40)}`;
  const { head, tail } = numbers.ends(digits);
  const whole = numbers.groups(digits).join(" ");
  assert.ok(whole.startsWith(numbers.groups(head).join(" ")) && whole.endsWith(numbers.groups(tail).join(" ")));
});

test("a term is computed exactly", () => {
  assert.deepEqual([0, 1, 2, 3, 10, 94].map(numbers.bigFibonacci), ["0", "1", "1", "2", "55", "19740274219868223167"]);
  assert.equal(numbers.bigFibonacci(10_000).length, 2090);
});

test("the time that has passed is written as people say it", () => {
  const cases = { 0: "just now", 3400: "3 s ago", 61000: "1 min ago", 7300000: "2 h ago" };
  for (const [milliseconds, expected] of Object.entries(cases))
    assert.equal(numbers.ago(Number(milliseconds)), expected);
});

test("a distance is written as people read it", () => {
  assert.equal(numbers.powerOfTen(Math.log10(0.382)), "0.38");
  assert.equal(plain(numbers.powerOfTen(-38.523)), "3.0×10⁻³⁹");
  assert.equal(plain(numbers.powerOfTen(-5.00001)), "1.0×10⁻⁵");
});

test("quantiles are samples, by nearest rank", () => {
  const samples = Array.from({ length: 20 }, (_, at) => 20 - at);
  assert.equal(numbers.quantile(samples, 0.5), 10);
  assert.equal(numbers.quantile(samples, 0.95), 19);
  assert.equal(numbers.quantile([7], 0.95), 7);
  assert.equal(numbers.quantile([100, 9, 20], 0.5), 20); // by size, not as text
});

test("a time is in milliseconds until it is a second", () => {
  assert.deepEqual([4.21, 9.96, 38.4, 1310].map(numbers.duration), ["4.2 ms", "10 ms", "38 ms", "1.31 s"]);
});
