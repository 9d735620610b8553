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
const LARGEST_DRAWN = 40;
const SQUARES_DRAWN = 14; // the side of the last is some 1/500 of the first's
const RATIOS_DRAWN = 10;
const SHORTEST_MS = 0.1; // a browser's clock may be so coarse that a call takes no time

/** Return F(index) as a number; exact up to index 78. */
export function fibonacci(index) {
  let [here, next] = [0, 1];
  for (let step = 0; step < index; step += 1) [here, next] = [next, here + next];
  return here;
}

/** Return the squares at `index`, newest first, fitted into the middle of a frame. */
export function squares(index, frame) {
  const drawn = Math.min(index, LARGEST_DRAWN);
  const [width, height] = [fibonacci(drawn + 1), fibonacci(drawn)];
  if (!height) return [];
  const scale = Math.min(frame.width / width, frame.height / height);
  let left = (frame.width - width * scale) / 2;
  let top = (frame.height - height * scale) / 2;
  let [right, bottom] = [left + width * scale, top + height * scale];
  const placed = [];
  for (let at = 0; at < Math.min(drawn, SQUARES_DRAWN); at += 1) {
    const side = fibonacci(drawn - at) * scale;
    const square = { index: index - at, side, x: left, y: top };
    if (at % 4 === 0) left += side;
    if (at % 4 === 1) top += side;
    if (at % 4 === 2) square.x = right -= side;
    if (at % 4 === 3) square.y = bottom -= side;
    placed.push(square);
  }
  return placed;
}

/** Return the SVG path of the golden spiral: a quarter circle through each square, inwards. */
export function spiral(placed) {
  const path = [];
  placed.forEach(({ side, x, y }, at) => {
    const corners = [[x, y + side], [x, y], [x + side, y], [x + side, y + side]];
    if (at === 0) path.push(`M${corners[0].join(" ")}`);
    path.push(`A${side} ${side} 0 0 1 ${corners[(at + 2) % 4].join(" ")}`);
  });
  return path.join("");
}

/**
 * Return how a picture turns into the one a step away: the point that stays, and the growth.
 *
 * A turn by `quarters` (clockwise) with `growth` about (x, y) carries the one square to the other.
 */
export function turn(from, to, quarters) {
  const growth = to.side / from.side;
  const centre = ({ x, y, side }) => [x + side / 2, y + side / 2];
  const [[fromX, fromY], [toX, toY]] = [centre(from), centre(to)];
  // As complex numbers: the fixed point of z → to + w (z − from) is (to − w from) / (1 − w).
  const [real, imaginary] = [0, growth * quarters]; // w; quarters is 1 or −1
  const [overX, overY] = [
    toX - (real * fromX - imaginary * fromY),
    toY - (real * fromY + imaginary * fromX),
  ];
  const [underX, underY] = [1 - real, -imaginary];
  const size = underX ** 2 + underY ** 2;
  return {
    growth,
    quarters,
    x: (overX * underX + overY * underY) / size,
    y: (overY * underX - overX * underY) / size,
  };
}

/** Return the CSS transform at `amount` of a turn: 1 is the whole of it, 0 leaves things in place. */
export function turned({ x, y, growth, quarters }, amount) {
  const turning = `rotate(${90 * quarters * amount}deg) scale(${growth ** amount})`;
  return `translate(${x}px, ${y}px) ${turning} translate(${-x}px, ${-y}px)`;
}

/**
 * Return the last ratios F(k)/F(k−1) up to `index` by their distance from φ.
 *
 * `first` is the first k. `offsets` are the distances as parts of the largest of them, −1 to 1, and
 * that one is 10^`exponent`. |F(k)/F(k−1) − φ| = 1 / (φ^(k−1) F(k−1)), so no digits are lost.
 */
export function ratios(index) {
  const first = Math.max(2, index - RATIOS_DRAWN + 1);
  const exponents = [];
  for (let k = first; k <= index; k += 1) exponents.push(-(k - 1) * LOG_PHI - logFibonacci(k - 1));
  return {
    first,
    exponent: exponents[0],
    last: exponents.at(-1),
    offsets: exponents.map(
      (exponent, at) => 10 ** (exponent - exponents[0]) * ((first + at) % 2 ? 1 : -1),
    ),
  };
}

function logFibonacci(index) {
  return index <= LARGEST_DRAWN ? Math.log10(fibonacci(index)) : index * LOG_PHI - LOG_SQRT5;
}

/** Return the points of a sparkline of the last latencies, on a logarithmic scale of `range`. */
export function sparkline(latencies, range, { width, height, places }) {
  const log = (milliseconds) => Math.log(Math.max(SHORTEST_MS, milliseconds));
  const [low, high] = range.map(log);
  return latencies.map((latency, at) => ({
    x: width - ((latencies.length - 1 - at) * width) / (places - 1),
    y: height - ((log(latency) - low) / (high - low || 1)) * height,
  }));
}
