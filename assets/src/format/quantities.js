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

/**
 * The civil UTC time (Howard Hinnant's days-to-civil): `Date` ends in the year 275760.
 * @param {number} microseconds since the epoch
 */
function calendar(microseconds) {
  const seconds = Math.floor(microseconds / 1_000_000);
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * ofYear + 2) / 153);
  return {
    year: yearOfEra + era * 400 + (month >= 10 ? 1 : 0),
    month: MONTHS[month < 10 ? month + 2 : month - 10],
    day: ofYear - Math.floor((153 * month + 2) / 5) + 1,
    hour: two(Math.floor(rest / 3_600)),
    minute: two(Math.floor((rest % 3_600) / 60)),
    second: two(rest % 60),
  };
}

/** 22 Nov 2026, 23:03:19 UTC. @param {number} microseconds */
export function formatTime(microseconds) {
  const { year, month, day, hour, minute, second } = calendar(microseconds);
  return `${day} ${month} ${year}, ${hour}:${minute}:${second} UTC`;
}

/** 22 Nov, 23:03. @param {number} microseconds */
export function formatTimeShort(microseconds) {
  const { month, day, hour, minute } = calendar(microseconds);
  return `${day} ${month}, ${hour}:${minute}`;
}
