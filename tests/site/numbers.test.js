import assert from "node:assert/strict";
import test from "node:test";
import * as numbers from "../../site/public/numbers.js";

const plain = (text) => text.replace(/\s/g, "");

test("digits are grouped by thousands from the right", () => {
  const cases = { 0: "0", 144: "144", 1597: "1 597", 832040: "832 040", 12586269025: "12 586 269 025" };
  for (const [digits, expected] of Object.entries(cases)) {
    assert.equal(numbers.grouped(digits), expected.replaceAll(" ", "\u2009"));
  }
});

test("a count has no line break in it", () => {
  assert.equal(numbers.counted(208988), "208\u00a0988");
});

test("no digit is lost between head, tail and what is hidden", () => {
  for (const length of [1, 239, 240, 241, 242, 243, 2090, 208988]) {
    const digits = Array.from({ length }, (_, at) => (at * 7 + 1) % 10).join("");
    const { head, tail, hidden } = numbers.ends(digits);
    assert.equal(plain(head).length + hidden + plain(tail).length, length);
    assert.ok(digits.startsWith(plain(head)) && digits.endsWith(plain(tail)));
    assert.equal(hidden > 0, length > 240);
  }
});

test("head and tail are grouped as in the whole number", () => {
  const digits = "12" + "345678901".repeat(40);
  const { head, tail } = numbers.ends(digits);
  assert.ok(numbers.grouped(digits).startsWith(head) && numbers.grouped(digits).endsWith(tail));
});

test("blocks hold every digit, in full columns", () => {
  for (const length of [301, 7560, 7561, 208988]) {
    const digits = "1234567890".repeat(20899).slice(0, length);
    const blocks = numbers.blocks(digits);
    assert.equal(plain(blocks.join("")), digits);
    const groups = blocks.flatMap((block) => block.split("\u2009"));
    assert.ok(groups.every((group) => group.length === 3));
    for (const block of blocks.slice(0, -1)) assert.equal(block.split("\u2009").length % 60, 0);
  }
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

test("captions name sides by their lengths, and far on by their terms", () => {
  assert.equal(numbers.captionOfSquares(3), "Sides 2, 1, 1: each the sum of the next\u00a0two.");
  assert.equal(numbers.captionOfSquares(12), "Sides 144, 89, 55, 34, …: each the sum of the next\u00a0two.");
  assert.match(numbers.captionOfSquares(94), /^Sides F\(94\), F\(93\), F\(92\), …/);
  assert.equal(numbers.captionOfRatio(7, Math.log10(0.007)), "13\u00a0÷\u00a08 = 1.625\u00a0000\u00a0000\n0.007 above\u00a0φ");
});

test("a term is said whole, or by its length and its ends", () => {
  assert.equal(numbers.spoken({ index: 17, value: "1597" }), "F(17) is 1\u2009597");
  const said = numbers.spoken({ index: 2000, value: "123".repeat(100) + "456789" });
  assert.match(plain(said), /^F\(2000\)has306digits,from123123123123to123123456789$/);
});
