// SPDX-License-Identifier: LGPL-2.1-or-later
// Polygons as the properties `zones` and `mask-polygons` take them. A shape is {kind: 'zone' or 'mask',
// name, points: [[x, y], ...] in fractions of the picture}.

const FEWEST_POINTS = 3;

// Fractions have four digits: less than a pixel of any camera.
function rounded(fraction) {
  return Math.round(Math.min(1, Math.max(0, fraction)) * 1e4) / 1e4;
}

function pointsText(points) {
  return points.map(([x, y]) => `${x.toFixed(4)},${y.toFixed(4)}`).join(' ');
}

function zonesText(shapes) {
  const zones = shapes.filter((shape) => shape.kind === 'zone');
  return zones.map(({name, points}) => `${name.trim()}: ${pointsText(points)}`).join('; ');
}

function masksText(shapes) {
  return shapes.filter((shape) => shape.kind === 'mask').map(({points}) => pointsText(points)).join('; ');
}

// What is wrong with the name of a zone; nothing if it can be used.
function nameProblem(name) {
  if (name.trim() === '') return 'A zone needs a name.';
  if (/[:;]/.test(name)) return 'The name of a zone holds no : and no ;';
  return '';
}

// A word of a shell's command line.
function shellQuoted(text) {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

// The lines to copy: [{what, text}].
function regionLines(shapes) {
  const lines = [];
  const add = (property, value) => {
    if (value === '') return;
    lines.push({what: `${property} of the element`, text: `${property}=${shellQuoted(value)}`});
    lines.push({what: `${property} of motion-heatmap`, text: `--${property} ${shellQuoted(value)}`});
  };
  add('zones', zonesText(shapes));
  add('mask-polygons', masksText(shapes));
  return lines;
}

function shapesOf(data) {
  const zones = data.zones.flatMap(({name, polygons}) =>
    polygons.map((points) => ({kind: 'zone', name, points})));
  return [...zones, ...data.masks.map((points) => ({kind: 'mask', name: '', points}))];
}
