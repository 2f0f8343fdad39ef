// SPDX-License-Identifier: LGPL-2.1-or-later

const TICK_SECONDS = [
  0.1, 0.2, 0.5,  1,    2,    5,     10,    15,    30,    60,     120,   300,
  600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800
];
const KEY_STEPS = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10
};
const CHART_HEIGHT = 84, LANE_HEIGHT = 9, TICK_HEIGHT = 22, MOST_LANES = 6;

// The time axis: motion as a chart, events as bars below it, and a span with two handles. It knows
// stream time only; `options` are {clock, step, onSpan(begin, end), onEvent(event), onHover(text)}.
// Spans begin and end at whole steps.
class Timeline {
  constructor(root, data, options) {
    Object.assign(this, {root, data}, options);
    this.duration = Math.max(data.duration, 1e-3);
    this.view = {begin: 0, end: this.duration};
    this.span = {begin: 0, end: this.duration};
    this.canvas = root.querySelector('canvas');
    this.handles = {begin: root.querySelector('#span-begin'), end: root.querySelector('#span-end')};
    this.shades = [root.querySelector('#shade-before'), root.querySelector('#shade-after')];
    this.series = data.series.motion;
    this.laneOf = new Map();
    for (const {zone} of data.events)
      if (!this.laneOf.has(zone)) this.laneOf.set(zone, Math.min(this.laneOf.size, MOST_LANES - 1));
    this.lanes = Math.max(1, Math.min(this.laneOf.size, MOST_LANES));
    this.height = CHART_HEIGHT + this.lanes * LANE_HEIGHT + TICK_HEIGHT;
    root.style.height = `${this.height}px`;
    root.style.setProperty('--track', `${this.height - TICK_HEIGHT}px`);
    root.addEventListener('pointerdown', (e) => this.pressed(e));
    root.addEventListener('pointermove', (e) => this.moved(e));
    root.addEventListener('pointerup', (e) => this.released(e));
    root.addEventListener('pointercancel', () => {
      this.drag = null;
    });
    for (const end of ['begin', 'end'])
      this.handles[end].addEventListener('keydown', (e) => this.key(e, end));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  get isWhole() { return this.span.begin <= 0 && this.span.end >= this.duration; }

  setSpan(begin, end) {
    this.span = {begin: Math.max(0, begin), end: Math.min(this.duration, end)};
    this.placeSpan();
    this.onSpan(this.span.begin, this.span.end);
  }

  // The span of whole steps around a stretch of time.
  setSpanAround(begin, end) {
    const first = Math.floor(begin / this.step + 1e-9);
    const last = Math.max(first + 1, Math.ceil(end / this.step - 1e-9));
    this.setSpan(first * this.step, last * this.step);
    if (begin < this.view.begin || end > this.view.end) this.setView(0, this.duration);
  }

  setView(begin, end) {
    this.view = {begin, end};
    this.draw();
  }

  zoomToSpan() {
    const margin = (this.span.end - this.span.begin) * 0.1;
    this.setView(
        Math.max(0, this.span.begin - margin), Math.min(this.duration, this.span.end + margin));
  }

  setSeries(values) {
    this.series = values;
    this.draw();
  }

  setEvent(event) {
    this.event = event;
    this.draw();
  }

  xOf(time) { return (time - this.view.begin) / (this.view.end - this.view.begin) * this.width; }

  timeAt(x) {
    const time = this.view.begin + x / this.width * (this.view.end - this.view.begin);
    return Math.min(this.duration, Math.max(0, time));
  }

  // The step nearest to a time. The last one may be cut by the end of the recording.
  snapped(time) {
    const step = Math.round(time / this.step) * this.step;
    return this.duration - time < Math.abs(step - time) ? this.duration :
                                                          Math.min(step, this.duration);
  }

  // Pointers

  place(e) {
    const box = this.root.getBoundingClientRect();
    return {x: e.clientX - box.left, y: e.clientY - box.top};
  }

  pressed(e) {
    if (e.button !== 0) return;
    const {x, y} = this.place(e);
    const isNear = (end) =>
        Math.abs(x - this.xOf(this.span[end])) < (e.pointerType === 'touch' ? 16 : 7);
    const end = ['begin', 'end'].find((name) => e.target === this.handles[name] || isNear(name));
    // A handle moves against the other end of the span; else a new span begins here.
    const anchor = end === 'begin' ? this.span.end :
        end === 'end'              ? this.span.begin :
                                     this.timeAt(x);
    this.drag = {x, y, anchor, end, isMoving: false};
    this.root.setPointerCapture(e.pointerId);
  }

  moved(e) {
    const {x, y} = this.place(e);
    if (!this.drag) {
      this.hover(x, y);
      return;
    }
    if (Math.abs(x - this.drag.x) > 3) this.drag.isMoving = true;
    if (!this.drag.isMoving) return;
    const time = this.timeAt(x), {anchor, end} = this.drag;
    if (end) {
      const other = this.snapped(time);
      if (other !== anchor) this.setSpan(Math.min(anchor, other), Math.max(anchor, other));
    } else {
      this.setSpanAround(Math.min(anchor, time), Math.max(anchor, time));
    }
  }

  released(e) {
    const drag = this.drag;
    this.drag = null;
    if (!drag || drag.isMoving) return;
    const event = this.eventAt(drag.x, drag.y);
    if (event)
      this.onEvent(event);
    else if (!drag.end)
      this.setSpan(0, this.duration);
  }

  eventAt(x, y) {
    if (y < CHART_HEIGHT || y > CHART_HEIGHT + this.lanes * LANE_HEIGHT) return null;
    const lane = Math.floor((y - CHART_HEIGHT) / LANE_HEIGHT);
    const distance = (event) => Math.max(this.xOf(event.begin) - x, x - this.xOf(event.end));
    const near = this.data.events.filter(
        (event) => this.laneOf.get(event.zone) === lane && distance(event) < 5);
    return near.sort((a, b) => distance(a) - distance(b))[0] || null;
  }

  hover(x, y) {
    const time = this.timeAt(x);
    const event = this.eventAt(x, y);
    const value = this.series[Math.floor(time / this.data.series.seconds)];
    const moved =
        value === null || value === undefined ? 'no frame' : `${percent(value)} of it moved`;
    this.onHover(
        event ? `${event.zone}: ${this.clock.name(event.begin)}, ${
                    formatDuration(event.end - event.begin)}` :
                `${this.clock.name(time)}: ${moved}`);
  }

  // Keys

  key(e, end) {
    if (e.key === 'Escape')
      this.setSpan(0, this.duration);
    else if (e.key === 'Home')
      this.moveEnd(end, 0);
    else if (e.key === 'End')
      this.moveEnd(end, this.duration);
    else if (e.key in KEY_STEPS)
      this.moveEnd(end, this.stepped(this.span[end], KEY_STEPS[e.key] * (e.shiftKey ? 10 : 1)));
    else
      return;
    e.preventDefault();
  }

  // Moves an end of the span, up to a step from the other one.
  moveEnd(end, time) {
    const {begin, end: last} = this.span;
    if (end === 'begin')
      this.setSpan(Math.min(time, this.stepped(last, -1)), last);
    else
      this.setSpan(begin, Math.max(time, this.stepped(begin, 1)));
  }

  // So many steps on from a time, which may be the end, in the middle of a step.
  stepped(time, steps) {
    const at = time / this.step;
    const step = (steps > 0 ? Math.floor(at + 1e-9) : Math.ceil(at - 1e-9)) + steps;
    return Math.min(this.duration, Math.max(0, step * this.step));
  }

  // Drawing

  placeSpan() {
    const clamped = (x) => Math.min(this.width, Math.max(0, x));
    const begin = clamped(this.xOf(this.span.begin)), end = clamped(this.xOf(this.span.end));
    this.handles.begin.style.left = `${begin}px`;
    this.handles.end.style.left = `${end}px`;
    this.shades[0].style.cssText = `left: 0; width: ${begin}px`;
    this.shades[1].style.cssText = `left: ${end}px; right: 0`;
    for (const [name, handle] of Object.entries(this.handles)) {
      handle.setAttribute('aria-valuemin', '0');
      handle.setAttribute('aria-valuemax', this.duration.toFixed(2));
      handle.setAttribute('aria-valuenow', this.span[name].toFixed(2));
      handle.setAttribute('aria-valuetext', this.clock.name(this.span[name]));
    }
  }

  draw() {
    this.width = this.root.clientWidth;
    if (this.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    const g = this.canvas.getContext('2d');
    g.scale(ratio, ratio);
    const style = getComputedStyle(this.root);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    g.font = `11px ${style.fontFamily}`;
    this.drawGaps(g, color);
    this.drawChart(g, color);
    this.drawEvents(g, color);
    this.drawTicks(g, color);
    this.placeSpan();
  }

  // Of each column of pixels the highest value, null where there was no frame.
  columns() {
    const {seconds} = this.data.series;
    const columns = [];
    for (let x = 0; x < this.width; ++x) {
      const first = Math.floor(this.timeAt(x) / seconds);
      const end = Math.max(first + 1, Math.floor(this.timeAt(x + 1) / seconds));
      let highest = null;
      for (let i = first; i < Math.min(end, this.series.length); ++i)
        if (this.series[i] !== null) highest = Math.max(highest, this.series[i]);
      columns.push(highest);
    }
    return columns;
  }

  drawGaps(g, color) {
    g.fillStyle = color('gap');
    this.values = this.columns();
    this.values.forEach((value, x) => value === null && g.fillRect(x, 0, 1, CHART_HEIGHT));
  }

  drawChart(g, color) {
    const highest = Math.max(...this.values, 1e-6);
    g.fillStyle = color('accent');
    // Most motion is small beside the most: a root shows both.
    this.values.forEach((value, x) => {
      if (!value) return;
      const height = Math.max(1, Math.sqrt(value / highest) * (CHART_HEIGHT - 18));
      g.fillRect(x, CHART_HEIGHT - height, 1, height);
    });
    g.fillStyle = color('line');
    g.fillRect(0, CHART_HEIGHT, this.width, 1);
    g.fillStyle = color('muted');
    g.textBaseline = 'top';
    g.fillText(highest > 1e-6 ? `up to ${percent(highest)}` : 'no motion', 10, 3);
  }

  drawEvents(g, color) {
    for (const event of this.data.events) {
      if (event.end < this.view.begin || event.begin > this.view.end) continue;
      const x = this.xOf(event.begin),
            y = CHART_HEIGHT + 2 + this.laneOf.get(event.zone) * LANE_HEIGHT;
      g.fillStyle = color(event === this.event ? 'strong' : 'event');
      g.fillRect(x, y, Math.max(3, this.xOf(event.end) - x), LANE_HEIGHT - 3);
    }
  }

  drawTicks(g, color) {
    const perPixel = (this.view.end - this.view.begin) / this.width;
    const step = TICK_SECONDS.find((seconds) => seconds / perPixel >= 84) ||
        TICK_SECONDS[TICK_SECONDS.length - 1];
    const top = CHART_HEIGHT + this.lanes * LANE_HEIGHT + 2;
    g.strokeStyle = color('line');
    g.fillStyle = color('muted');
    let free = 0, date = '';
    for (const run of this.clock.runs) {
      const offset = run.offset || 0;
      const first = Math.ceil((Math.max(run.begin, this.view.begin) + offset) / step - 1e-9);
      for (let i = first; i * step - offset <= Math.min(run.end, this.view.end) + 1e-9; ++i) {
        const x = this.xOf(i * step - offset);
        g.fillRect(Math.round(x), top, 1, 4);
        let text = this.tickText(run, i * step, step);
        if (run.offset !== null && this.clock.severalDays && formatDate(i * step) !== date) {
          date = formatDate(i * step);
          text = `${date.slice(5)} ${text}`;
        }
        const left = Math.min(x + 3, this.width - g.measureText(text).width);
        if (left < free) continue;
        g.fillText(text, left, top + 5);
        free = left + g.measureText(text).width + 10;
      }
    }
  }

  tickText(run, at, step) {
    const digits = step < 1 ? 1 : 0;
    if (run.offset === null) return formatTime(at, digits);
    const text = formatTimeOfDay(at, digits);
    return step >= 60 ? text.slice(0, 5) : text;
  }
}
