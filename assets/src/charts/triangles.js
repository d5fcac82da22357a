// A surface through scattered runs: Delaunay triangles (Bowyer–Watson), and of each triangle the part between two
// levels. Between runs the surface is linear and outside their hull there is none: nothing is invented, unlike with the
// smoothing grid that contour charts usually draw.

/** @typedef {{ x: number, y: number, z: number }} Point */
/** @typedef {[number, number, number]} Triangle */

/** @param {Point} p @param {Point} a @param {Point} b @param {Point} c */
function isInCircle(p, a, b, c) {
  const [ax, ay, bx, by, cx, cy] = [a.x - p.x, a.y - p.y, b.x - p.x, b.y - p.y, c.x - p.x, c.y - p.y];
  const determinant =
    (ax * ax + ay * ay) * (bx * cy - cx * by) -
    (bx * bx + by * by) * (ax * cy - cx * ay) +
    (cx * cx + cy * cy) * (ax * by - bx * ay);
  const turn = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
  return turn > 0 ? determinant > 1e-14 : determinant < -1e-14;
}

/**
 * Triangles over the points (in a unit square, all different) as triples of indexes.
 * @param {Point[]} points
 * @returns {Triangle[]}
 */
export function triangulate(points) {
  const n = points.length;
  const far = 50;
  const all = [...points, { x: -far, y: -far, z: 0 }, { x: far, y: -far, z: 0 }, { x: 0, y: far, z: 0 }];
  /** @param {number} index */
  const at = (index) => /** @type {Point} */ (all[index]);
  /** @type {Triangle[]} */
  let triangles = [[n, n + 1, n + 2]];
  points.forEach((point, index) => {
    /** @type {Map<string, [number, number]>} */
    const border = new Map();
    triangles = triangles.filter(([a, b, c]) => {
      if (!isInCircle(point, at(a), at(b), at(c))) return true;
      for (const [from, to] of /** @type {[number, number][]} */ ([[a, b], [b, c], [c, a]])) {
        const name = from < to ? `${from},${to}` : `${to},${from}`;
        if (!border.delete(name)) border.set(name, [from, to]);
      }
      return false;
    });
    for (const [from, to] of border.values()) triangles.push([from, to, index]);
  });
  return triangles.filter((triangle) => triangle.every((index) => index < n) && area(triangle.map(at)) > 1e-9);
}

/** How much of the unit square the triangles over points cover. @param {Point[]} points */
export function surface(points) {
  return triangulate(points).reduce((sum, triangle) => sum + area(triangle.map((index) => /** @type {Point} */ (points[index]))), 0);
}

/** @param {Point[]} corners */
function area(corners) {
  const [a, b, c] = corners;
  if (!a || !b || !c) return 0;
  return Math.abs((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)) / 2;
}

/**
 * Cut off what lies on the wrong side of a level.
 * @param {Point[]} polygon
 * @param {number} level
 * @param {1 | -1} side 1 keeps what is above
 */
function clip(polygon, level, side) {
  /** @type {Point[]} */
  const kept = [];
  polygon.forEach((point, index) => {
    const next = polygon[(index + 1) % polygon.length] ?? point;
    const here = (point.z - level) * side;
    const there = (next.z - level) * side;
    if (here >= 0) kept.push(point);
    if (here * there < 0) {
      const part = here / (here - there);
      kept.push({ x: point.x + part * (next.x - point.x), y: point.y + part * (next.y - point.y), z: level });
    }
  });
  return kept;
}

/**
 * The part of a triangle between two levels; fewer than three corners where there is none.
 * @param {Point[]} triangle
 * @param {number} low
 * @param {number} high
 */
export function band(triangle, low, high) {
  return clip(clip(triangle, low, 1), high, -1);
}

/**
 * Round levels that divide a range into about the given number of bands.
 * @param {number} low
 * @param {number} high
 * @param {number} wanted
 */
export function levels(low, high, wanted) {
  if (!(high > low)) return [low];
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => raw <= factor * power) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
