// SPDX-License-Identifier: LGPL-2.1-or-later

const SVG = 'http://www.w3.org/2000/svg';
const MOST_UNDO = 200;
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

// Polygons on the picture. While the editor is not open they are only shown. `draft` holds the points
// of a polygon that is being drawn, and `cursor` the place of its cross.
class Editor {
  constructor(data) {
    this.size = data.picture;
    this.shapes = shapesOf(data);
    this.stage = $('stage');
    this.isOpen = false;
    this.isShown = true;
    this.selected = -1;
    this.draft = null;
    this.cursor = [0.5, 0.5];
    this.undone = [];
    this.done = [];
    this.stage.addEventListener('pointerdown', (e) => this.pressed(e));
    this.stage.addEventListener('pointermove', (e) => this.moved(e));
    this.stage.addEventListener('pointerup', (e) => this.released(e));
    this.stage.addEventListener('pointercancel', () => { this.drag = null; });
    this.stage.addEventListener('dblclick', () => this.draft && this.finish());
    this.stage.addEventListener('keydown', (e) => this.key(e));
    $('draw').addEventListener('click', () => (this.draft ? this.finish() : this.begin()));
    $('undo').addEventListener('click', () => this.undo());
    $('redo').addEventListener('click', () => this.redo());
    document.addEventListener('keydown', (e) => this.undoKey(e));
    this.render();
  }

  setOpen(isOpen) {
    this.isOpen = isOpen;
    this.draft = null;
    if (!isOpen) this.selected = -1;
    this.stage.classList.toggle('editing', isOpen);
    this.say(this.shapes.length > 0 ? 'Choose a polygon, or draw another.' : 'Draw the first polygon.');
    this.render();
  }

  setShown(isShown) {
    this.isShown = isShown;
    this.render();
  }

  say(text) {
    $('editor-status').textContent = text;
  }

  // Changes that can be taken back

  // Keeps the shapes as they are for undo. Changes of the same `kind` in a row are one.
  note(kind = null) {
    if (kind !== null && kind === this.lastKind) return;
    this.lastKind = kind;
    this.done.push(JSON.stringify(this.shapes));
    if (this.done.length > MOST_UNDO) this.done.shift();
    this.undone = [];
  }

  undo() {
    if (this.draft) this.takeBackPoint();
    else this.exchange(this.done, this.undone);
  }

  redo() {
    this.exchange(this.undone, this.done);
  }

  exchange(from, to) {
    if (from.length === 0) return;
    to.push(JSON.stringify(this.shapes));
    this.shapes = JSON.parse(from.pop());
    this.lastKind = null;
    this.selected = Math.min(this.selected, this.shapes.length - 1);
    this.render();
  }

  undoKey(e) {
    if (!this.isOpen || !(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== 'z') return;
    if (e.target.tagName === 'INPUT') return;  // it has an undo of its own
    e.preventDefault();
    if (e.shiftKey) this.redo();
    else this.undo();
  }

  // Drawing a polygon

  begin() {
    this.draft = [];
    this.selected = -1;
    this.say('Click the corners; the first one again, or Enter, closes the polygon. Escape gives it up.');
    this.render();
    this.stage.focus();
  }

  addToDraft(point) {
    const last = this.draft[this.draft.length - 1];
    if (last && this.isNear(last, point, 3)) return;
    if (this.draft.length >= FEWEST_POINTS && this.isNear(this.draft[0], point, 12)) {
      this.finish();
      return;
    }
    this.draft.push(point);
    this.render();
  }

  takeBackPoint() {
    if (this.draft.length === 0) {
      this.giveUp();
      return;
    }
    this.draft.pop();
    this.render();
  }

  giveUp() {
    this.draft = null;
    this.say('Nothing was drawn.');
    this.render();
    $('draw').focus();
  }

  finish() {
    if (this.draft.length < FEWEST_POINTS) {
      this.say(`A polygon has ${FEWEST_POINTS} points or more: this one has ${this.draft.length}.`);
      return;
    }
    this.note();
    const names = new Set(this.shapes.map((shape) => shape.name));
    let number = 1;
    while (names.has(`zone ${number}`)) ++number;
    this.shapes.push({kind: 'zone', name: `zone ${number}`, points: this.draft});
    this.draft = null;
    this.selected = this.shapes.length - 1;
    this.say('Give it a name, or make it a mask: what lies in a mask does not count.');
    this.render();
    const name = $('shape-list').lastElementChild.querySelector('input');
    name.focus();
    name.select();
  }

  // Changing one

  select(index) {
    this.selected = index;
    this.render();
  }

  remove(index) {
    this.note();
    const [shape] = this.shapes.splice(index, 1);
    this.selected = Math.min(index, this.shapes.length - 1);
    this.say(`${this.describe(shape)} is removed. Undo brings it back.`);
    this.render();
  }

  setPoint(index, [x, y]) {
    this.shapes[this.selected].points[index] = [rounded(x), rounded(y)];
    this.refresh();
  }

  insertAfter(index) {
    this.note();
    const {points} = this.shapes[this.selected];
    const [x, y] = points[index], [nextX, nextY] = points[(index + 1) % points.length];
    points.splice(index + 1, 0, [rounded((x + nextX) / 2), rounded((y + nextY) / 2)]);
    this.render();
    this.focusPoint(index + 1);
  }

  removePoint(index) {
    const {points} = this.shapes[this.selected];
    if (points.length <= FEWEST_POINTS) {
      this.say(`A polygon has ${FEWEST_POINTS} points or more. Delete the polygon itself instead.`);
      return;
    }
    this.note();
    points.splice(index, 1);
    this.render();
    this.focusPoint(Math.min(index, points.length - 1));
  }

  // Moves a whole shape, as far as the picture goes.
  shift(points, dx, dy) {
    const clamped = (by, at) => Math.min(1 - Math.max(...at), Math.max(-Math.min(...at), by));
    const right = clamped(dx, points.map(([x]) => x)), down = clamped(dy, points.map(([, y]) => y));
    this.shapes[this.selected].points = points.map(([x, y]) => [rounded(x + right), rounded(y + down)]);
    this.refresh();
  }

  focusPoint(index) {
    const point = $('points').querySelector(`[data-point="${index}"]`);
    if (point) point.focus();
  }

  // Pointers

  placeOf(e) {
    const box = this.stage.getBoundingClientRect();
    return [rounded((e.clientX - box.left) / box.width), rounded((e.clientY - box.top) / box.height)];
  }

  // Whether two places are so many pixels of the screen apart at most.
  isNear([x, y], [otherX, otherY], pixels) {
    const {width, height} = this.stage.getBoundingClientRect();
    return Math.hypot((x - otherX) * width, (y - otherY) * height) <= pixels;
  }

  pressed(e) {
    if (!this.isOpen || e.button !== 0) return;
    if (this.draft) {
      e.preventDefault();
      return;
    }
    const {point, middle, shape} = e.target.dataset;
    const from = this.placeOf(e);
    if (middle !== undefined) {
      this.insertAfter(Number(middle));
      this.drag = {point: Number(middle) + 1, from, isNoted: true};
      e.preventDefault();  // the focus is on the new point
    } else if (point !== undefined) {
      this.drag = {point: Number(point), from};
    } else if (shape !== undefined) {
      if (Number(shape) !== this.selected) this.select(Number(shape));
      this.focusShape();
      this.drag = {points: this.shapes[this.selected].points, from};
      e.preventDefault();
    } else {
      return;
    }
    this.stage.setPointerCapture(e.pointerId);
  }

  moved(e) {
    const place = this.placeOf(e);
    if (this.draft) {
      this.cursor = place;
      this.refresh();
    }
    if (!this.drag || (!this.drag.isNoted && this.isNear(place, this.drag.from, 2))) return;
    if (!this.drag.isNoted) this.note();
    this.drag.isNoted = true;
    const {point, points, from} = this.drag;
    if (points) this.shift(points, place[0] - from[0], place[1] - from[1]);
    else this.setPoint(point, place);
  }

  released(e) {
    this.drag = null;
    if (!this.draft || e.button !== 0) return;
    this.cursor = this.placeOf(e);
    this.addToDraft(this.cursor);
  }

  // Keys on the picture

  key(e) {
    if (!this.isOpen) return;
    const {point, shape} = e.target.dataset;
    const handled = this.draft ? this.draftKey(e)
      : point !== undefined ? this.pointKey(e, Number(point))
        : shape !== undefined ? this.shapeKey(e, Number(shape)) : false;
    if (handled) e.preventDefault();
  }

  // How far an arrow key goes: a pixel of the picture, with Shift ten.
  step(e) {
    const [right, down] = ARROWS[e.key];
    const pixels = e.shiftKey ? 10 : 1;
    return [right * pixels / this.size.width, down * pixels / this.size.height];
  }

  draftKey(e) {
    if (e.key in ARROWS) {
      const [right, down] = this.step(e);
      const [x, y] = this.cursor;
      // There is a long way to go: ten pixels, and with Shift one.
      const factor = e.shiftKey ? 0.1 : 10;
      this.cursor = [rounded(x + right * factor), rounded(y + down * factor)];
      this.refresh();
    } else if (e.key === ' ') {
      this.addToDraft(this.cursor);
    } else if (e.key === 'Enter') {
      this.finish();
    } else if (e.key === 'Backspace') {
      this.takeBackPoint();
    } else if (e.key === 'Escape') {
      this.giveUp();
    } else {
      return false;
    }
    return true;
  }

  pointKey(e, index) {
    if (e.key in ARROWS) {
      this.note(`point ${this.selected} ${index}`);
      const [right, down] = this.step(e);
      const [x, y] = this.shapes[this.selected].points[index];
      this.setPoint(index, [x + right, y + down]);
      this.say(`Point ${index + 1}: ${pointsText([this.shapes[this.selected].points[index]])}`);
    } else if (e.key === 'Insert' || e.key === '+') {
      this.insertAfter(index);
    } else if (e.key === 'Delete' || e.key === 'Backspace') {
      this.removePoint(index);
    } else if (e.key === 'Escape') {
      this.focusShape();
    } else {
      return false;
    }
    return true;
  }

  shapeKey(e, index) {
    if (e.key in ARROWS) {
      if (index !== this.selected) this.select(index);
      this.note(`shape ${index}`);
      this.shift(this.shapes[index].points, ...this.step(e));
    } else if (e.key === 'Enter' || e.key === ' ') {
      this.select(index);
      this.focusPoint(0);
      return true;
    } else if (e.key === 'Delete' || e.key === 'Backspace') {
      this.remove(index);
    } else {
      return false;
    }
    this.focusShape();
    return true;
  }

  focusShape() {
    const shape = $('shapes').querySelector(`[data-shape="${this.selected}"]`);
    if (shape) shape.focus({preventScroll: true});
  }

  // Showing

  describe(shape) {
    return shape.kind === 'mask' ? 'Mask' : `Zone ${shape.name.trim() || 'without a name'}`;
  }

  // Everything anew; `refresh` only puts what is there to its place.
  render() {
    const svg = $('shapes');
    svg.replaceChildren();
    $('points').replaceChildren();
    $('labels').replaceChildren();
    if (this.isShown || this.isOpen) this.shapes.forEach((shape, i) => this.renderShape(svg, shape, i));
    if (this.draft) svg.append(this.draftLine = document.createElementNS(SVG, 'polyline'));
    if (this.isOpen && this.selected >= 0 && !this.draft) this.renderPoints();
    $('crosshair').hidden = !this.draft;
    this.stage.tabIndex = this.draft ? 0 : -1;
    this.stage.classList.toggle('drawing', this.draft !== null);
    if (this.draft) {
      this.stage.setAttribute('role', 'application');
      this.stage.setAttribute('aria-label', 'Drawing a polygon');
    } else {
      this.stage.removeAttribute('role');
      this.stage.removeAttribute('aria-label');
    }
    $('draw').textContent = this.draft ? 'Close polygon' : 'Draw polygon';
    $('draw').setAttribute('aria-pressed', String(this.draft !== null));
    this.renderList();
    this.refresh();
  }

  renderShape(svg, shape, index) {
    const polygon = document.createElementNS(SVG, 'polygon');
    polygon.setAttribute('class', `${shape.kind}${index === this.selected ? ' selected' : ''}`);
    if (this.isOpen) {
      polygon.dataset.shape = index;
      polygon.setAttribute('tabindex', '0');
      polygon.setAttribute('role', 'button');
    } else {
      polygon.setAttribute('role', 'img');
    }
    svg.append(polygon);
    $('labels').append(make('span', {class: shape.kind}));
  }

  renderPoints() {
    const {points} = this.shapes[this.selected];
    const buttons = points.map((_, i) => make('button', {type: 'button', class: 'point', 'data-point': i}));
    const middles = points.map((_, i) => make('button', {type: 'button', class: 'middle', 'data-middle': i,
      tabindex: '-1', 'aria-label': `Add a point after point ${i + 1}`}));
    $('points').append(...middles, ...buttons);
  }

  renderList() {
    $('shape-list').replaceChildren(...this.shapes.map((shape, i) => {
      const name = make('input', {type: 'text', value: shape.name, spellcheck: 'false', autocomplete: 'off',
        'aria-label': `Name of zone ${i + 1}`, hidden: shape.kind === 'mask'});
      name.addEventListener('input', () => {
        this.note(`name ${i}`);
        shape.name = name.value;
        this.refresh();
      });
      const kind = make('select', {'aria-label': `Kind of polygon ${i + 1}`});
      makeOptions(kind, [['zone', 'Zone'], ['mask', 'Mask']]);
      kind.value = shape.kind;
      kind.addEventListener('change', () => this.setKind(i, kind.value));
      return make('li', {class: i === this.selected ? 'selected' : ''},
        make('button', {type: 'button', class: 'choose', 'aria-pressed': String(i === this.selected),
          'aria-label': `Choose polygon ${i + 1}`, onclick: () => this.choose(i)}, String(i + 1)),
        kind, name,
        make('button', {type: 'button', 'aria-label': `Delete polygon ${i + 1}`, onclick: () => this.remove(i)}, 'Delete'));
    }));
  }

  choose(index) {
    this.select(index);
    this.focusPoint(0);
  }

  setKind(index, kind) {
    this.note();
    this.shapes[index].kind = kind;
    this.selected = index;
    this.render();
    $('shape-list').children[index].querySelector('select').focus();
  }

  refresh() {
    const list = (points) => points.map((point) => point.join(',')).join(' ');
    const polygons = $('shapes').querySelectorAll('polygon'), labels = $('labels').children;
    polygons.forEach((polygon, i) => {
      const shape = this.shapes[i];
      polygon.setAttribute('points', list(shape.points));
      polygon.setAttribute('aria-label', `${this.describe(shape)}, ${plural(shape.points.length, 'point')}`);
      const top = shape.points.reduce((a, b) => (b[1] < a[1] ? b : a));
      labels[i].textContent = shape.kind === 'mask' ? 'mask' : shape.name;
      this.put(labels[i], top);
      // Above its highest point, but within the picture.
      const across = top[0] < 0.2 ? 0 : top[0] > 0.8 ? -100 : -50;
      labels[i].style.transform = `translate(${across}%, ${top[1] < 0.1 ? 30 : -130}%)`;
    });
    if (this.draft) this.refreshDraft(list);
    else this.refreshPoints();
    this.refreshNames();
    this.refreshLines();
    $('undo').disabled = this.done.length === 0 && !this.draft;
    $('redo').disabled = this.undone.length === 0 || this.draft !== null;
  }

  put(element, [x, y]) {
    element.style.left = `${100 * x}%`;
    element.style.top = `${100 * y}%`;
  }

  refreshDraft(list) {
    this.draftLine.setAttribute('points', list([...this.draft, this.cursor]));
    this.put($('crosshair'), this.cursor);
  }

  refreshPoints() {
    const shape = this.shapes[this.selected];
    for (const button of $('points').children) {
      const {point, middle} = button.dataset;
      const [x, y] = shape.points[Number(point === undefined ? middle : point)];
      const [nextX, nextY] = shape.points[(Number(middle) + 1) % shape.points.length] || [x, y];
      this.put(button, point === undefined ? [(x + nextX) / 2, (y + nextY) / 2] : [x, y]);
      if (point !== undefined)
        button.setAttribute('aria-label', `Point ${Number(point) + 1} at ${pointsText([[x, y]])}`);
    }
  }

  refreshNames() {
    [...$('shape-list').children].forEach((row, i) => {
      const problem = this.shapes[i].kind === 'zone' ? nameProblem(this.shapes[i].name) : '';
      const input = row.querySelector('input');
      input.setAttribute('aria-invalid', String(problem !== ''));
      input.title = problem;
    });
  }

  // The lines to copy, or why there are none.
  refreshLines() {
    const problem = this.shapes.filter((shape) => shape.kind === 'zone').map((shape) => nameProblem(shape.name)).find(Boolean);
    if (problem) {
      $('lines').replaceChildren(make('p', {class: 'problem', role: 'alert'}, problem));
      return;
    }
    const lines = regionLines(this.shapes);
    const fields = $('lines').querySelectorAll('textarea');
    if (fields.length !== lines.length || $('lines').children.length !== lines.length)
      $('lines').replaceChildren(...lines.map(({what}) => this.makeLine(what)));
    $('lines').querySelectorAll('textarea').forEach((field, i) => { field.value = lines[i].text; });
  }

  makeLine(what) {
    const field = make('textarea', {readonly: true, rows: '3', spellcheck: 'false', 'aria-label': what});
    const done = make('span', {role: 'status', class: 'muted'});
    const copy = make('button', {type: 'button', 'aria-label': `Copy: ${what}`}, 'Copy');
    copy.addEventListener('click', () => this.copy(field, done));
    return make('div', {class: 'line'}, make('div', {class: 'bar'}, make('span', {}, what), done, copy), field);
  }

  async copy(field, done) {
    try {
      await navigator.clipboard.writeText(field.value);
      done.textContent = 'Copied.';
    } catch (error) {
      field.focus();
      field.select();
      done.textContent = 'This browser does not let the page copy: the line is selected, press Ctrl+C.';
    }
  }
}
