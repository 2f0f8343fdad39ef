// SPDX-License-Identifier: LGPL-2.1-or-later
// The numbers of the page: base64 of gzip, little endian as all browsers' machines are.

const ARRAYS = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f32: Float32Array
};

async function inflate(base64) {
  const packed = atob(base64);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; ++i) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

async function readNumbers(what, base64, type, length) {
  const bytes = await inflate(base64);
  const expected = length * ARRAYS[type].BYTES_PER_ELEMENT;
  if (bytes.byteLength !== expected)
    throw new Error(`${what} has ${bytes.byteLength} bytes instead of ${expected}`);
  return new ARRAYS[type](bytes);
}

// The map of the whole recording: {width, height, values: events of each cell}.
async function readHeat(data) {
  const {width, height, type} = data.heat;
  const values = await readNumbers('the heat', data.heat.data, type, width * height);
  return {width, height, values, isCoarse: false};
}

async function readColormaps(data) {
  const read = async (
      [name, base64]) => [name, await readNumbers(`the colour map ${name}`, base64, 'u8', 768)];
  return new Map(await Promise.all(Object.entries(data.colormaps).map(read)));
}

// The maps of spans of time, which add up to coarser maps.
class Spans {
  static async read(data) {
    if (!data.spans) return null;
    const {width, height, count, type} = data.spans;
    const length = width * height * count;
    return new Spans(data.spans, await readNumbers('the spans', data.spans.data, type, length));
  }

  constructor({seconds, width, height, count}, values) {
    Object.assign(this, {seconds, width, height, count, values});
  }

  // The map of the spans from `first` to before `end`. They hold events times 256.
  map(first, end) {
    const cells = this.width * this.height;
    const sums = new Float64Array(cells);
    for (let span = Math.max(first, 0); span < Math.min(end, this.count); ++span) {
      const offset = span * cells;
      for (let i = 0; i < cells; ++i) sums[i] += this.values[offset + i];
    }
    for (let i = 0; i < cells; ++i) sums[i] /= 256;
    return {width: this.width, height: this.height, values: sums, isCoarse: true};
  }
}
