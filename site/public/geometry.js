/**
 * Where the lines of the pictures go, as plain numbers; nothing here touches the page.
 *
 * The newest square stands at the left of its rectangle, and the others wind inwards from it,
 * clockwise: top, right, bottom, left, … A step forward is then a quarter turn and a shrinking by
 * nearly φ about one point, and the picture keeps its place and its proportions.
 */

export const PHI = (1 + Math.sqrt(5)) / 2;
const LOG_PHI = Math.log10(PHI);
const LOG_SQRT5 = Math.log10(5) / 2;

// From here on one picture is like the next to a millionth of a pixel, so this one stands for all.
export const LARGEST_DRAWN = 40;
const SQUARES_DRAWN = 14; // the side of the last is some 1/500 of the first's
const SHORTEST_MS = 0.1; // a browser's clock may be so coarse that a call takes no time
const SCALES = [1, 2, 5, 10];

/** Return F(index) as a number, exact up to index 78. @param {number} index */
export function fibonacci(index) {
  let [here, next] = [0, 1];
  for (let step = 0; step < index; step += 1) [here, next] = [next, here + next];
  return here;
}

/**
 * Return the squares at `index`, newest first, fitted into the middle of a frame. Before them come
 * the `outer` squares after `index`, which wind around the frame: bottom, right, top, left.
 * @param {number} index
 * @param {Frame} frame
 */
export function squares(index, { width, height }, outer = 0) {
  const drawn = Math.min(index, LARGEST_DRAWN);
  const [across, down] = [fibonacci(drawn + 1), fibonacci(drawn)];
  const scale = Math.min(width / across, height / down);
  let [left, top] = [(width - across * scale) / 2, (height - down * scale) / 2];
  let [right, bottom] = [width - left, height - top];
  for (let at = 1; at <= outer; at += 1) {
    if (at % 4 === 1) bottom += right - left;
    if (at % 4 === 2) right += bottom - top;
    if (at % 4 === 3) top -= right - left;
    if (at % 4 === 0) left -= bottom - top;
  }
  /** @type {Square[]} */
  const placed = [];
  for (let at = -outer; at < Math.min(drawn, SQUARES_DRAWN); at += 1) {
    const side = at % 2 ? right - left : bottom - top;
    const square = { index: index - at, side, x: left, y: top };
    const turned = (at + 4 * outer) % 4;
    if (turned === 0) left += side;
    if (turned === 1) top += side;
    if (turned === 2) square.x = right -= side;
    if (turned === 3) square.y = bottom -= side;
    placed.push(square);
  }
  return placed;
}

/** Return the golden spiral as an SVG path: a quarter circle through each square, the first of them turned by `start` quarters. @param {Square[]} placed */
export function spiral(placed, start = 0) {
  /** @type {string[]} */
  const path = [];
  placed.forEach(({ side, x, y }, at) => {
    const corners = [
      [x, y + side],
      [x, y],
      [x + side, y],
      [x + side, y + side],
    ];
    const turned = (at + start) % 4;
    if (at === 0) path.push(`M${corners[turned].join(" ")}`);
    path.push(`A${side} ${side} 0 0 1 ${corners[(turned + 2) % 4].join(" ")}`);
  });
  return path.join("");
}

/**
 * Return how a picture turns into the one a step away: the point that stays, and the growth.
 *
 * A turn by `quarters` (clockwise) with `growth` about (x, y) carries the one square to the other.
 * @param {Square} from
 * @param {Square} to
 * @param {number} quarters 1 or −1
 * @returns {Turn}
 */
export function turn(from, to, quarters) {
  const growth = to.side / from.side;
  const [[fromX, fromY], [toX, toY]] = [centre(from), centre(to)];
  // As complex numbers: the fixed point of z → to + w (z − from) is (to − w from) / (1 − w), and
  // w = i · growth · quarters.
  const w = growth * quarters;
  const [overX, overY] = [toX + w * fromY, toY - w * fromX];
  const size = 1 + w ** 2;
  return { growth, quarters, x: (overX - w * overY) / size, y: (overY + w * overX) / size };
}

/** @param {Square} square */
const centre = ({ x, y, side }) => [x + side / 2, y + side / 2];

/**
 * Return the turn that carries the picture at `index` to its place in the picture one step further
 * out (`quarters` 1) or further in (−1; from index 2 on).
 * @param {number} index
 * @param {number} quarters
 * @param {Frame} frame
 */
export function turnTo(index, quarters, frame) {
  const [here, there] = [squares(index, frame), squares(index + quarters, frame)];
  return quarters === 1 ? turn(here[0], there[1], 1) : turn(here[1], there[0], -1);
}

/**
 * Return the CSS transform at `amount` of a turn: 1 is the whole of it, 0 leaves things in place.
 * Lengths are parts of the frame.
 * @param {Turn} turn
 * @param {number} amount
 * @param {Frame} frame
 */
export function turned({ x, y, growth, quarters }, amount, { width, height }) {
  const [right, down] = [(100 * x) / width, (100 * y) / height];
  const turning = `rotate(${90 * quarters * amount}deg) scale(${growth ** amount})`;
  return `translate(${right}%, ${down}%) ${turning} translate(${-right}%, ${-down}%)`;
}

/** Return where `amount` of a turn carries a square, which stays upright. @param {Square} square @param {Turn} turn @param {number} amount */
export function carried(square, { x, y, growth, quarters }, amount) {
  const [scale, angle] = [growth ** amount, (Math.PI / 2) * quarters * amount];
  const [atX, atY] = centre(square);
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const side = square.side * scale;
  const [toX, toY] = [x + cos * (atX - x) - sin * (atY - y), y + sin * (atX - x) + cos * (atY - y)];
  return { ...square, side, x: toX - side / 2, y: toY - side / 2 };
}

/**
 * Return log10 of the distance from φ of F(index)/F(index−1), for an index from 2 on.
 *
 * |F(k)/F(k−1) − φ| = 1 / (φ^(k−1) F(k−1)), so no digits are lost. Far on it falls by
 * 2 log10 φ = 0.418 a step.
 * @param {number} index
 */
export const distanceExponent = (index) => -(index - 1) * LOG_PHI - logFibonacci(index - 1);

/** @param {number} index */
function logFibonacci(index) {
  return index <= LARGEST_DRAWN ? Math.log10(fibonacci(index)) : index * LOG_PHI - LOG_SQRT5;
}

/** Return the end of an axis that has room for `value`: 10, 20, 50, 100, 200, … @param {number} value */
export function axisEnd(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(10, value)));
  return power * /** @type {number} */ (SCALES.find((scale) => scale * power >= value));
}

/**
 * Return the points of a sparkline of the last latencies, on a logarithmic scale of `range`.
 * @param {number[]} latencies in milliseconds
 * @param {number[]} range the lowest and the highest latency
 * @param {{width: number, height: number, places: number}} box
 */
export function sparkline(latencies, range, { width, height, places }) {
  const log = (/** @type {number} */ milliseconds) => Math.log(Math.max(SHORTEST_MS, milliseconds));
  const [low, high] = range.map(log);
  return latencies.map((latency, at) => ({
    x: width - ((latencies.length - 1 - at) * width) / (places - 1),
    y: height - ((log(latency) - low) / (high - low || 1)) * height,
  }));
}
