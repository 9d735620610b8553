import assert from "node:assert/strict";
import test from "node:test";
import * as words from "../../site/public/words.js";

const backend = { name: "server" };
const said = (problem) => words.problemInWords({ backend, step: null, unsent: 0, ...problem });

test("captions are true of the squares, and far on name them by their terms", () => {
  assert.equal(words.squaresCaption(3), "2 = 1 + 1, the two before it");
  assert.equal(words.squaresCaption(12), "144 = 89 + 55, the two before it");
  assert.equal(words.squaresCaption(94), "F(94) = F(93) + F(92), the two before it");
});

test("the ratio is written with its distance", () => {
  assert.equal(
    words.ratioCaption(7, Math.log10(0.007)),
    "13\u00a0÷\u00a08 = 1.625\u00a0000\u00a0000\n0.007 above\u00a0φ",
  );
});

test("a term is said whole, or by its length and its ends", () => {
  assert.equal(words.spokenTerm({ index: 17, value: "1597" }), "F(17) is 1597");
  const value = `${"123".repeat(100)}456789`;
  assert.equal(
    words.spokenTerm({ index: 2000, value }),
    "F(2000) has 306 digits, from 123123123123123 to 123123123456789",
  );
});

test("every problem names its backend, and says what became of a step", () => {
  assert.equal(
    said({ type: "offline", step: "next", unsent: 1 }),
    "The server did not answer a step. It may have been counted. 1 later press was not sent.",
  );
  assert.equal(said({ type: "unavailable" }), "The server can’t reach the counter just now. The page goes on trying.");
  assert.match(said({ type: "internal", step: "next" }), /^The server failed\. The step may have been counted/);
  assert.match(said({ type: "offline", backend: { name: "lambda" } }), /^The function does not answer\./);
  assert.match(said({ type: "offline", backend: { name: "other" } }), /^The backend other does not answer\./);
  assert.match(
    said({ type: "from-the-future", step: "next" }),
    /this page can’t read\. The step may have been counted/,
  );
});

test("a slow backend is named, with what waits for it", () => {
  const slow = (situation) => words.slowInWords("server", { isChosen: true, isFirst: false, waiting: 1, ...situation });
  assert.equal(slow({}), "The server has not answered yet.");
  assert.equal(slow({ waiting: 3 }), "The server has not answered yet. 2 more presses wait for it.");
  assert.equal(
    slow({ isChosen: false, waiting: 2 }),
    "The server has not answered a step. It may have been counted. 1 more press waits for it.",
  );
});
