// SPDX-License-Identifier: LGPL-2.1-or-later
// Polygons as the properties `zones` and `mask-polygons` take them. A shape is {kind: 'zone' or
// 'mask', name, points: [[x, y], ...] in fractions of the picture}.

const FEWEST_POINTS = 3;

function within(fraction) { return Math.min(1, Math.max(0, fraction)); }

// The place halfway from a point of a polygon to the next one.
function middleAfter(points, index) {
  const [x, y] = points[index], [nextX, nextY] = points[(index + 1) % points.length];
  return [(x + nextX) / 2, (y + nextY) / 2];
}

// Four digits: a step is less than a pixel of any camera.
function pointsText(points) {
  return points.map(([x, y]) => `${x.toFixed(4)},${y.toFixed(4)}`).join(' ');
}

function zonesText(shapes) {
  const zones = shapes.filter((shape) => shape.kind === 'zone');
  return zones.map(({name, points}) => `${name.trim()}: ${pointsText(points)}`).join('; ');
}

function masksText(shapes) {
  return shapes.filter((shape) => shape.kind === 'mask')
      .map(({points}) => pointsText(points))
      .join('; ');
}

// What is wrong with the name of a zone; nothing if it can be used.
function nameProblem(name) {
  if (name.trim() === '') return 'A zone needs a name.';
  if (/[:;]/.test(name)) return 'The name of a zone holds no : and no ;';
  return '';
}

// A word of a shell's command line.
function shellQuoted(text) { return `'${text.replace(/'/g, '\'\\\'\'')}'`; }

// The lines to copy, [{property, text}]: of the element's properties, or options of the tool.
function regionLines(shapes, isForTool) {
  const values = [['zones', zonesText(shapes)], ['mask-polygons', masksText(shapes)]];
  return values.filter(([, value]) => value !== '')
      .map(([property, value]) => ({
             property,
             text: isForTool ? `--${property} ${shellQuoted(value)}` :
                               `${property}=${shellQuoted(value)}`,
           }));
}

function parsePoints(text) {
  return text.trim().split(/\s+/).map((point) => point.split(',').map(Number));
}

// The shapes of the properties' values, which the element took.
function parseShapes(zones, masks) {
  const parts = (text) => (text || '').split(';').filter((part) => part.trim() !== '');
  const zone = (part) => {
    const end = part.indexOf(':');
    const points = parsePoints(part.slice(end + 1));
    return {kind: 'zone', name: part.slice(0, end).trim(), points};
  };
  const mask = (part) => ({kind: 'mask', name: '', points: parsePoints(part)});
  return [...parts(zones).map(zone), ...parts(masks).map(mask)];
}
