// SPDX-License-Identifier: LGPL-2.1-or-later

const SVG = 'http://www.w3.org/2000/svg';

function describeShape({kind, name}) {
  return kind === 'mask' ? 'Mask' : `Zone ${name.trim() || 'without a name'}`;
}

// The polygons on the picture as an editor has them: outlines, names, and the points of the one
// that is selected, or the one that is being drawn.
class ShapesView {
  constructor(editor) {
    this.editor = editor;
    this.stage = $('stage');
  }

  // Everything anew; `refresh` only puts what is there to its place.
  render() {
    const {shapes, selected, draft, isOpen, isShown} = this.editor;
    $('shapes').replaceChildren();
    $('points').replaceChildren();
    $('labels').replaceChildren();
    if (isShown || isOpen) shapes.forEach((shape, i) => this.renderShape(shape, i));
    if (draft) $('shapes').append(this.draftLine = document.createElementNS(SVG, 'polyline'));
    if (draft) $('points').append(...draft.map(() => make('span')));
    if (isOpen && selected >= 0 && !draft) this.renderPoints(shapes[selected].points);
    $('crosshair').hidden = !draft;
    this.stage.classList.toggle('editing', isOpen);
    this.stage.classList.toggle('drawing', draft !== null);
    // While a polygon is drawn the picture takes the keys.
    this.stage.tabIndex = draft ? 0 : -1;
    for (const [name, value] of [['role', 'application'], ['aria-label', 'Drawing a polygon']])
      if (draft)
        this.stage.setAttribute(name, value);
      else
        this.stage.removeAttribute(name);
  }

  renderShape(shape, index) {
    const {selected, isOpen} = this.editor;
    const polygon = document.createElementNS(SVG, 'polygon');
    polygon.setAttribute('class', `${shape.kind}${index === selected ? ' selected' : ''}`);
    polygon.setAttribute('role', isOpen ? 'button' : 'img');
    if (isOpen) {
      polygon.dataset.shape = index;
      polygon.setAttribute('tabindex', '0');
    }
    $('shapes').append(polygon);
    $('labels').append(make('span'));
  }

  renderPoints(points) {
    const buttons = points.map((_, i) => make('button', {type: 'button', 'data-point': i}));
    const middles = points.map((_, i) => {
      const label = `Add a point after point ${i + 1}`;
      return make(
          'button', {type: 'button', 'data-middle': i, tabindex: '-1', 'aria-label': label});
    });
    $('points').append(...middles, ...buttons);
  }

  refresh() {
    const {shapes, selected, draft, cursor} = this.editor;
    $('shapes').querySelectorAll('polygon').forEach((polygon, i) => {
      const {points} = shapes[i];
      polygon.setAttribute('points', points.join(' '));
      const label = `${describeShape(shapes[i])}, ${plural(points.length, 'point')}`;
      polygon.setAttribute('aria-label', label);
      this.refreshName($('labels').children[i], shapes[i]);
    });
    if (draft) {
      this.draftLine.setAttribute('points', [...draft, cursor].join(' '));
      draft.forEach((point, i) => this.put($('points').children[i], point));
      this.put($('crosshair'), cursor);
    } else if (selected >= 0) {
      this.refreshPoints(shapes[selected].points);
    }
  }

  // Above the highest point, but within the picture.
  refreshName(label, {kind, name, points}) {
    const top = points.reduce((a, b) => (b[1] < a[1] ? b : a));
    const across = top[0] < 0.2 ? 0 : top[0] > 0.8 ? -100 : -50;
    label.textContent = kind === 'mask' ? 'mask' : name;
    label.style.transform = `translate(${across}%, ${top[1] < 0.1 ? 30 : -130}%)`;
    this.put(label, top);
  }

  refreshPoints(points) {
    for (const button of $('points').querySelectorAll('[data-point]')) {
      const index = Number(button.dataset.point);
      this.put(button, points[index]);
      button.setAttribute('aria-label', `Point ${index + 1} at ${pointsText([points[index]])}`);
    }
    for (const button of $('points').querySelectorAll('[data-middle]'))
      this.put(button, middleAfter(points, Number(button.dataset.middle)));
  }

  put(element, [x, y]) {
    element.style.left = `${100 * x}%`;
    element.style.top = `${100 * y}%`;
  }

  focusPoint(index) {
    const point = $('points').querySelector(`[data-point="${index}"]`);
    if (point) point.focus({preventScroll: true});
  }

  focusShape() {
    const shape = $('shapes').querySelector(`[data-shape="${this.editor.selected}"]`);
    if (shape) shape.focus({preventScroll: true});
  }
}
