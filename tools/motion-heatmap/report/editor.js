// SPDX-License-Identifier: LGPL-2.1-or-later

const MOST_UNDO = 200;
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1]
};

// Polygons on the picture. While the editor is not open they are only shown. `draft` holds the
// points of a polygon that is being drawn, and `cursor` the place of its cross.
class Editor {
  constructor(data) {
    this.size = data.picture;
    this.shapes = parseShapes(data.settings.zones, data.settings['mask-polygons']);
    this.stage = $('stage');
    this.view = new ShapesView(this);
    this.panel = new EditorPanel(this);
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
    this.stage.addEventListener('pointercancel', () => {
      this.drag = null;
    });
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
    this.say(this.shapes.length > 0 ? 'Choose a polygon or draw one.' : 'Draw a polygon.');
    this.render();
  }

  setShown(isShown) {
    this.isShown = isShown;
    this.render();
  }

  say(text) { $('editor-status').textContent = text; }

  render() {
    this.view.render();
    this.panel.render();
    this.refresh();
  }

  refresh() {
    this.view.refresh();
    this.panel.refresh();
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

  canUndo() { return this.done.length > 0 || this.draft !== null; }

  canRedo() { return this.undone.length > 0 && this.draft === null; }

  undo() {
    if (this.draft)
      this.takeBackPoint();
    else
      this.exchange(this.done, this.undone);
  }

  redo() {
    if (this.canRedo()) this.exchange(this.undone, this.done);
  }

  exchange(from, to) {
    if (from.length === 0) return;
    to.push(JSON.stringify(this.shapes));
    this.shapes = JSON.parse(from.pop());
    this.lastKind = null;
    this.selected = Math.min(this.selected, this.shapes.length - 1);
    const {point} = document.activeElement.dataset;
    this.render();
    if (point !== undefined) this.view.focusPoint(point);
  }

  undoKey(e) {
    if (!this.isOpen || !(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== 'z') return;
    if (e.target.tagName === 'INPUT') return;  // it has an undo of its own
    e.preventDefault();
    if (e.shiftKey)
      this.redo();
    else
      this.undo();
  }

  // Drawing a polygon

  begin() {
    this.draft = [];
    this.selected = -1;
    this.say('Click the corners. The first one again closes the polygon.');
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
    this.panel.focusName(this.selected);
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
    this.say(`${describeShape(shape)} is removed. Undo brings it back.`);
    this.render();
    this.panel.focusRow(this.selected);
  }

  choose(index) {
    this.select(index);
    this.view.focusPoint(0);
  }

  setKind(index, kind) {
    this.note();
    this.shapes[index].kind = kind;
    this.select(index);
  }

  setName(index, name) {
    this.note(`name ${index}`);
    this.shapes[index].name = name;
    this.refresh();
  }

  setPoint(index, [x, y]) {
    this.shapes[this.selected].points[index] = [within(x), within(y)];
    this.refresh();
  }

  insertAfter(index) {
    this.note();
    const {points} = this.shapes[this.selected];
    points.splice(index + 1, 0, middleAfter(points, index));
    this.render();
    this.view.focusPoint(index + 1);
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
    this.view.focusPoint(Math.min(index, points.length - 1));
  }

  // Moves a whole shape, as far as the picture goes.
  shift(points, dx, dy) {
    const clamped = (by, at) => Math.min(1 - Math.max(...at), Math.max(-Math.min(...at), by));
    const right = clamped(dx, points.map(([x]) => x)), down = clamped(dy, points.map(([, y]) => y));
    this.shapes[this.selected].points =
        points.map(([x, y]) => [within(x + right), within(y + down)]);
    this.refresh();
  }

  // Pointers

  placeOf(e) {
    const box = this.stage.getBoundingClientRect();
    return [within((e.clientX - box.left) / box.width), within((e.clientY - box.top) / box.height)];
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
      this.view.focusShape();
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
    if (points)
      this.shift(points, place[0] - from[0], place[1] - from[1]);
    else
      this.setPoint(point, place);
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
    const handled = this.draft ? this.draftKey(e) :
        point !== undefined    ? this.pointKey(e, Number(point)) :
        shape !== undefined    ? this.shapeKey(e, Number(shape)) :
                                 false;
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
      this.cursor = [within(x + right * factor), within(y + down * factor)];
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
      this.view.focusShape();
    } else {
      return false;
    }
    return true;
  }

  shapeKey(e, index) {
    if (e.key in ARROWS) {
      if (index !== this.selected) {
        this.select(index);
        this.view.focusShape();
      }
      this.note(`shape ${index}`);
      this.shift(this.shapes[index].points, ...this.step(e));
    } else if (e.key === 'Enter' || e.key === ' ') {
      this.choose(index);
    } else if (e.key === 'Delete' || e.key === 'Backspace') {
      this.remove(index);
    } else {
      return false;
    }
    return true;
  }
}
