// Exponential moving average, debiased as in Adam and TensorBoard: without the division the first points lean to zero.

/**
 * Smooth a series; values that are not finite are passed through and do not touch the average.
 * @param {Float64Array} values
 * @param {number} weight 0 (as logged) … below 1
 */
export function smooth(values, weight) {
  if (weight <= 0) return values;
  const smoothed = new Float64Array(values.length);
  let average = 0;
  let seen = 0;
  values.forEach((value, at) => {
    if (!Number.isFinite(value)) {
      smoothed[at] = value;
      return;
    }
    average = weight * average + (1 - weight) * value;
    seen += 1;
    smoothed[at] = average / (1 - weight ** seen);
  });
  return smoothed;
}
