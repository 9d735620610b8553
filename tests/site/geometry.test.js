import assert from "node:assert/strict";
import test from "node:test";
import * as geometry from "../../site/public/geometry.js";

const FRAME = { width: 1618, height: 1000 };
const near = (one, other, off = 1e-6) => assert.ok(Math.abs(one - other) <= off, `${one} is not ${other}`);

function carried({ x, y, growth, quarters }, [atX, atY]) {
  const [offX, offY] = [atX - x, atY - y];
  return [x - growth * quarters * offY, y + growth * quarters * offX];
}

const middle = ({ x, y, side }) => [x + side / 2, y + side / 2];

test("the terms are those of the sequence, up to the last that a number holds", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(geometry.fibonacci), [0, 1, 1, 2, 3, 5, 8, 13]);
  assert.equal(BigInt(geometry.fibonacci(78)), 8944394323791464n);
});

test("squares meet edge to edge and fill their rectangle", () => {
  for (let index = 1; index <= 14; index += 1) {
    const placed = geometry.squares(index, FRAME);
    const [left, top] = [Math.min(...placed.map(({ x }) => x)), Math.min(...placed.map(({ y }) => y))];
    const right = Math.max(...placed.map(({ x, side }) => x + side));
    const bottom = Math.max(...placed.map(({ y, side }) => y + side));
    const area = placed.reduce((sum, { side }) => sum + side * side, 0);
    near(area, (right - left) * (bottom - top), 1e-3);
    for (const one of placed) {
      for (const other of placed) {
        const overlap = Math.min(one.x + one.side, other.x + other.side) - Math.max(one.x, other.x);
        const height = Math.min(one.y + one.side, other.y + other.side) - Math.max(one.y, other.y);
        assert.ok(one === other || overlap < 1e-6 || height < 1e-6);
      }
    }
    assert.ok(Math.abs(right - left - FRAME.width) < 1e-6 || Math.abs(bottom - top - FRAME.height) < 1e-6);
  }
});

test("sides are in the proportion of the terms", () => {
  const [newest, ...older] = geometry.squares(12, FRAME);
  for (const { index, side } of older) near(side / newest.side, geometry.fibonacci(index) / 144);
});

test("a turn carries every square to where it was", () => {
  for (const index of [2, 3, 7, 20, 39, 40, 41, 1000, 1001]) {
    const [before, after] = [geometry.squares(index - 1, FRAME), geometry.squares(index, FRAME)];
    const back = geometry.turn(after[1], before[0], -1);
    const forward = geometry.turn(before[0], after[1], 1);
    for (let at = 0; at < Math.min(before.length, after.length - 1); at += 1) {
      const [x, y] = carried(back, middle(after[at + 1]));
      near(x, middle(before[at])[0], 1e-3);
      near(y, middle(before[at])[1], 1e-3);
      near(carried(forward, middle(before[at]))[0], middle(after[at + 1])[0], 1e-3);
    }
  }
});

test("no turn at all leaves things in place", () => {
  const turn = geometry.turn(geometry.squares(9, FRAME)[1], geometry.squares(8, FRAME)[0], -1);
  assert.match(geometry.turned(turn, 0, FRAME), /rotate\(-?0deg\) scale\(1\)/);
  assert.match(geometry.turned(turn, 1, FRAME), /rotate\(-90deg\) scale\(1\.6/);
});

test("outer squares wind around the frame and meet edge to edge", () => {
  for (const index of [1, 2, 3, 12, 39, 40, 1000]) {
    const all = geometry.squares(index, FRAME, 4);
    assert.equal(all[0].index, index + 4);
    for (const [at, { side }] of all.slice(0, -2).entries())
      near(side, all[at + 1].side + all[at + 2].side, side * 1e-6);
    const [left, top] = [Math.min(...all.map(({ x }) => x)), Math.min(...all.map(({ y }) => y))];
    assert.ok(left < 0 && top < 0);
    near(all[0].x, left);
    near(all[0].y, top, 1e-6);
  }
});

test("a square is carried to where the picture's turn takes it", () => {
  for (const index of [3, 12, 1000]) {
    const turn = geometry.turnTo(index, 1, FRAME);
    const [carriedSquare, there] = [
      geometry.carried(geometry.squares(index, FRAME)[0], turn, 1),
      geometry.squares(index + 1, FRAME)[1],
    ];
    for (const name of ["x", "y", "side"]) near(carriedSquare[name], there[name], 1e-3);
  }
});

test("an axis ends at a round number", () => {
  assert.deepEqual(
    [0, 10, 11, 50, 51, 100, 101, 1000, 100000].map(geometry.axisEnd),
    [10, 10, 20, 50, 100, 100, 200, 1000, 100000],
  );
});

test("a ratio's distance from φ is right, to the last digit that can be known", () => {
  const scale = 10n ** 60n;
  let [under, over] = [1n, 1n];
  const root = 2236067977499789696409173668731276235440618359611525724270897n; // √5 · 10^60
  const phi = (scale + root) / 2n;
  for (let index = 2; index <= 60; index += 1) {
    const off = (over * scale) / under - phi;
    const known = Math.log10(Number(off < 0n ? -off : off)) - 60;
    near(geometry.distanceExponent(index), known, 1e-9);
    [under, over] = [over, under + over];
  }
});

test("the slowest call is the highest point, and the last call stands at the right", () => {
  const points = geometry.sparkline([10, 1000, 20], [5, 2000], { width: 100, height: 30, places: 11 });
  assert.deepEqual(
    points.map(({ x }) => x),
    [80, 90, 100],
  );
  assert.equal(points.indexOf(points.toSorted((one, other) => one.y - other.y)[0]), 1);
});

test("a call that took no time by the browser's clock has a place on the sparkline", () => {
  for (const latencies of [[0], [0, 0, 100], [0, 20]]) {
    const points = geometry.sparkline(latencies, [0, Math.max(...latencies)], { width: 100, height: 30, places: 11 });
    for (const { y } of points) assert.ok(y >= 0 && y <= 30, String(y));
  }
});
