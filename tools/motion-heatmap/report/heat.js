// SPDX-License-Identifier: LGPL-2.1-or-later
// Heat -> index -> colours on a picture, as the element draws it. A look has the names and units of
// the element's properties: {colormap, opacity, blend, normalization, percentile, 'full-scale',
// curve, 'display-threshold', smoothing}.

const float32 = Math.fround;

// A quotient on a curve from 0 to 255: the index is what is whole of it.
const CURVES = {
  linear: (quotient) => float32(quotient * 255),
  sqrt: (quotient) => float32(float32(Math.sqrt(quotient)) * 255),
  log: (quotient) => 255 * Math.log(1 + 255 * quotient) / Math.log(256),
};

// The index of each value; `full` and what is above it have 255.
function toIndices(values, full, curve) {
  const indices = new Uint8Array(values.length);
  if (!(full > 0)) return indices;
  const bend = CURVES[curve];
  const divisor = full < 2 ** 24 ? float32(full) : full;
  for (let i = 0; i < values.length; ++i)
    if (values[i] > 0) indices[i] = Math.min(255, bend(float32(values[i] / divisor)));
  return indices;
}

// Scales of smooth heat go in steps, as the element's do.
function inSteps(full) { return full > 0 ? 2 ** (Math.round(Math.log2(full) * 128) / 128) : full; }

// The least value that so many percent of those above `least` do not exceed; 0 if there are none.
function percentileOf(values, percent, least) {
  const hot = Float64Array.from(values).filter((value) => value > least).sort();
  const rank = Math.max(1, Math.ceil(hot.length * percent / 100));
  return hot.length > 0 ? hot[rank - 1] : 0;
}

// What index 255 stands for, in events. `values` are smooth already if the look says so.
function fullScaleOf(values, look) {
  const isSmooth = look.smoothing > 0;
  let full = look['full-scale'];
  if (look.normalization === 'max') full = values.reduce((a, b) => Math.max(a, b), 0);
  if (look.normalization === 'percentile')
    full = percentileOf(values, look.percentile, isSmooth ? 1 / 20 : 0);
  return isSmooth ? inSteps(full) : full;
}

// One half of a Gaussian, of sum 1 with the other: as far as OpenCV's reaches.
function gaussian(sigma) {
  const reach = Math.max(1, Math.ceil(4 * sigma));
  const weights = Array.from({length: reach + 1}, (_, i) => Math.exp(-i * i / (2 * sigma * sigma)));
  const sum = 2 * weights.reduce((a, b) => a + b) - weights[0];
  return weights.map((weight) => weight / sum);
}

// Where a place beyond the end is mirrored to: -1 at 1, n at n - 2.
function mirrored(place, n) {
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const rest = ((place % period) + period) % period;
  return Math.min(rest, period - rest);
}

// Smooths `count` lines of `n` values that lie `step` apart.
function smoothLines(values, out, {n, step, count, lineStep}, weights) {
  const reach = weights.length - 1;
  const line = new Float64Array(n + 2 * reach);
  const from = Array.from({length: line.length}, (_, i) => mirrored(i - reach, n) * step);
  for (let k = 0; k < count; ++k) {
    const begin = k * lineStep;
    let isEmpty = true;
    for (let i = 0; i < line.length; ++i) {
      line[i] = values[begin + from[i]];
      isEmpty = isEmpty && line[i] === 0;
    }
    if (isEmpty) continue;
    for (let i = 0; i < n; ++i) {
      let sum = line[i + reach] * weights[0];
      for (let j = 1; j <= reach; ++j)
        sum += (line[i + reach - j] + line[i + reach + j]) * weights[j];
      out[begin + i * step] = sum;
    }
  }
}

// The values of a map smoothed by a Gaussian of so many pixels of the picture, twice its sigma.
function smoothed({width, height, values}, radius, picture) {
  if (!(radius > 0)) return values;
  const across = new Float64Array(values.length), smooth = new Float64Array(values.length);
  const rows = {n: width, step: 1, count: height, lineStep: width};
  const columns = {n: height, step: width, count: width, lineStep: 1};
  smoothLines(values, across, rows, gaussian(radius / 2 * width / picture.width));
  smoothLines(across, smooth, columns, gaussian(radius / 2 * height / picture.height));
  return smooth;
}

// For each of so many pixels the two cells it lies between, and the second one's part of 256;
// between a cell and itself where cells are shown as they are.
function placesOf(pixels, cells, interpolate) {
  const last = cells - 1;
  return Array.from({length: pixels}, (_, i) => {
    const center = (i + 0.5) * cells / pixels;
    if (!interpolate) return {first: Math.floor(center), second: Math.floor(center), part: 0};
    const first = Math.floor(center - 0.5);
    const part = Math.round((center - 0.5 - first) * 256);
    return {first: Math.max(first, 0), second: Math.min(first + 1, last), part};
  });
}

// The indices of a map's cells -> those of the picture's pixels.
function enlarged(indices, map, picture, interpolate) {
  if (map.width === picture.width && map.height === picture.height) return indices;
  const out = new Uint8Array(picture.width * picture.height);
  const columns = placesOf(picture.width, map.width, interpolate);
  let i = 0;
  for (const row of placesOf(picture.height, map.height, interpolate)) {
    const above = row.first * map.width, below = row.second * map.width;
    for (const {first, second, part} of columns) {
      const left = indices[above + first] * (256 - row.part) + indices[below + first] * row.part;
      const right = indices[above + second] * (256 - row.part) + indices[below + second] * row.part;
      out[i++] = (left * (256 - part) + right * part + (1 << 15)) >> 16;
    }
  }
  return out;
}

// How much of the blend is shown at each index, of 255.
function weightsOf(look) {
  return Uint8Array.from({length: 256}, (_, index) => {
    if (index < look['display-threshold']) return 0;
    return look.blend === 'heat' ? Math.min(Math.floor((index * 4 + 1) / 3), 255) : 255;
  });
}

// Draws the colours of `indices` on `background`; both pictures are RGBA in Uint8ClampedArrays,
// which round halves to even as OpenCV does.
function drawHeat(out, background, indices, colors, look) {
  const weights = weightsOf(look), opacity = look.opacity;
  out.set(background);
  for (let i = 0; i < indices.length; ++i) {
    const weight = weights[indices[i]];
    if (weight === 0) continue;
    for (let c = 0; c < 3; ++c) {
      const at = 4 * i + c, under = background[at];
      out[at] = under * (1 - opacity) + colors[3 * indices[i] + c] * opacity;
      if (weight === 255) continue;
      const sum = under * (255 - weight) + out[at] * weight + 128;
      out[at] = (sum + (sum >> 8)) >> 8;
    }
  }
}
