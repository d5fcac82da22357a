// Sizes, durations and moments. A port of rundiff/format.py, where the rules stand.

import { fixed } from "./digits.js";
import { formatCount } from "./numbers.js";
import { MINUS } from "./text.js";

/** 5.4 kB, 1.2 MB. @param {number} size */
export function formatBytes(size) {
  if (size < 1_000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let scaled = size / 1_000;
  let at = 0;
  while (scaled >= 999.5 && at < units.length - 1) {
    scaled /= 1_000;
    at += 1;
  }
  return `${fixed(scaled, scaled < 9.95 ? 1 : 0)} ${units[at]}`;
}

/** @param {number} part */
const two = (part) => String(part).padStart(2, "0");

/**
 * 85 ms, 2.2 s, 12 min 05 s, 3 h 05 min, 2 d 4 h.
 * @param {number} microseconds
 * @returns {string}
 */
export function formatDuration(microseconds) {
  if (microseconds < 0) return MINUS + formatDuration(-microseconds);
  if (microseconds < 50_000) {
    return `${fixed(microseconds / 1_000, microseconds >= 9_950 || microseconds === 0 ? 0 : 1)} ms`;
  }
  if (microseconds < 59_950_000) return `${fixed(microseconds / 1_000_000, 1)} s`;
  const seconds = Math.floor((microseconds + 500_000) / 1_000_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} min`;
  return `${formatCount(Math.floor(seconds / 86_400))} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const ERA = 400 * 365.2425 * 86_400; // seconds after which the calendar repeats itself

/**
 * The civil UTC time. `Date` ends in the year 275760, so it gets the same day of its first 400 years.
 * @param {number} microseconds since the epoch
 */
function calendar(microseconds) {
  const seconds = Math.floor(microseconds / 1_000_000);
  const eras = Math.floor(seconds / ERA);
  const date = new Date((seconds - eras * ERA) * 1_000);
  return {
    year: date.getUTCFullYear() + eras * 400,
    month: MONTHS[date.getUTCMonth()],
    day: date.getUTCDate(),
    time: date.toISOString().slice(11, 19),
  };
}

/** 22 Nov 2026, 23:03:19 UTC. @param {number} microseconds */
export function formatTime(microseconds) {
  const { year, month, day, time } = calendar(microseconds);
  return `${day} ${month} ${year}, ${time} UTC`;
}

/** 22 Nov, 23:03. @param {number} microseconds */
export function formatTimeShort(microseconds) {
  const { month, day, time } = calendar(microseconds);
  return `${day} ${month}, ${time.slice(0, 5)}`;
}
