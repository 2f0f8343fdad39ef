// SPDX-License-Identifier: LGPL-2.1-or-later

const WIDEST_CANVAS = 1280;  // more takes longer and shows no more

// The canvas with the heat on the background picture, whose `size` may be larger. What a change
// does not touch is kept from the last drawing: an opacity that changes costs one pass over the
// pixels.
class HeatPicture {
  constructor(canvas, size, onDrawn) {
    this.canvas = canvas;
    this.size = size;
    this.onDrawn = onDrawn;
    const scale = Math.min(1, WIDEST_CANVAS / size.width);
    canvas.width = Math.round(size.width * scale);
    canvas.height = Math.max(1, Math.round(size.height * scale));
    this.context = canvas.getContext('2d', {willReadFrequently: true});
    this.kept = new Map();
    this.isDue = false;
  }

  // `image` is null where there is no background.
  setBackground(image) {
    const {width, height} = this.canvas;
    this.context.fillStyle = '#808080';
    this.context.fillRect(0, 0, width, height);
    if (image) this.context.drawImage(image, 0, 0, width, height);
    this.background = this.context.getImageData(0, 0, width, height).data;
    this.pixels = this.context.createImageData(width, height);
  }

  // `scaleMap` is the map that the full scale is taken of.
  show(map, scaleMap, colors, look) {
    Object.assign(this, {map, scaleMap, colors, look: {...look}});
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  // What `make` made of the same things before.
  keep(name, things, make) {
    const kept = this.kept.get(name);
    if (kept && kept.things.every((thing, i) => thing === things[i])) return kept.result;
    const result = make();
    this.kept.set(name, {things, result});
    return result;
  }

  draw() {
    const {map, scaleMap, look, size} = this;
    const radius = look.smoothing;
    this.values = this.keep('values', [map, radius], () => smoothed(map, radius, size));
    const scaleValues = map === scaleMap ?
        this.values :
        this.keep('scale values', [scaleMap, radius], () => smoothed(scaleMap, radius, size));
    const {normalization, percentile, curve, 'full-scale': fixed} = look;
    const scaleKey = [scaleValues, radius, normalization, percentile, fixed];
    const full = this.keep('full scale', scaleKey, () => fullScaleOf(scaleValues, look));
    const indices = this.keep('indices', [this.values, full, curve, radius], () => {
      const cells = toIndices(this.values, full, curve);
      return enlarged(cells, map, this.canvas, map.isCoarse || radius > 0);
    });
    drawHeat(this.pixels.data, this.background, indices, this.colors, look);
    this.context.putImageData(this.pixels, 0, 0);
    this.onDrawn(full);
  }

  // The events at a place in fractions of the picture.
  eventsAt(x, y) {
    const {width, height} = this.map;
    const cell = (at, n) => Math.min(n - 1, Math.max(0, Math.floor(at * n)));
    return this.values[cell(y, height) * width + cell(x, width)];
  }
}
