// SPDX-License-Identifier: LGPL-2.1-or-later
// The page put together.

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $('theme').setAttribute('aria-pressed', String(theme === 'dark'));
}

// The system's theme, until the reader chooses.
function followTheme(onChange) {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  let isChosen = false;
  setTheme(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => {
    if (isChosen) return;
    setTheme(dark.matches ? 'dark' : 'light');
    onChange();
  });
  $('theme').addEventListener('click', () => {
    isChosen = true;
    setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    onChange();
  });
}

function warn(text) {
  $('notice').textContent = text;
  $('notice').hidden = false;
}

function loadImage(url) {
  return new Promise((resolve) => {
    if (!url) resolve(null);
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => resolve(null);
    image.src = url;
  });
}

class Page {
  constructor(data) {
    this.data = data;
    this.clock = new Clock(data);
    this.look = {...data.look};
    showFigures(data);
    showZones(data);
    showSettings(data);
    showFiles(data, this.clock, (file) => this.chooseSpan(file.begin, file.begin + file.duration));
    this.title();
    this.picture = new HeatPicture($('canvas'), data.picture, (full) => {
      $('full-scale').textContent = `${number(full)} ${full === 1 ? 'event' : 'events'}`;
    });
    this.editor = new Editor(data);
    this.events = new EventList(data, this.clock, (event) => this.chooseEvent(event));
    this.makeTimeline();
    this.wireButtons();
  }

  title() {
    const {data, clock} = this;
    $('title').textContent = data.title;
    document.title = `${data.title} – motion heatmap`;
    const start = clock.at(0);
    const when = start === null ?
        [] :
        [`${formatDate(start)} ${formatTimeOfDay(start)} to ${clock.name(data.duration)}`];
    const {width, height} = data.picture;
    $('subtitle').textContent =
        [...when, plural(data.files.length, 'file'), `${width} × ${height}`].join(' · ');
    $('footer').textContent =
        `Made by motion-heatmap, ${data.created.replace('T', ' ').slice(0, 19)}`;
    // As wide as fits the window's height.
    document.body.style.setProperty('--ratio', String(width / height));
  }

  makeTimeline() {
    const {data, clock} = this;
    this.timeline = new Timeline($('axis'), data, {
      clock,
      step: data.spans ? data.spans.seconds : Math.max(data.series.seconds, data.duration / 500),
      onSpan: (begin, end) => this.spanChanged(begin, end),
      onEvent: (event) => this.chooseEvent(event),
      onHover: (text) => {
        $('axis-readout').textContent = text;
      },
    });
    const zones = Object.keys(data.series.zones || {});
    makeOptions($('series'), [['', 'the picture'], ...zones.map((zone, i) => [String(i), zone])]);
    $('series-label').hidden = zones.length === 0;
    $('series').addEventListener('change', () => {
      const {value} = $('series');
      this.timeline.setSeries(
          value === '' ? data.series.motion : data.series.zones[zones[Number(value)]]);
    });
    $('zoom').addEventListener('click', () => this.timeline.zoomToSpan());
    $('whole').addEventListener('click', () => {
      this.timeline.setView(0, this.timeline.duration);
      this.chooseSpan(0, this.timeline.duration);
    });
    this.timeline.setSpan(0, this.timeline.duration);
  }

  wireButtons() {
    followTheme(() => this.timeline.draw());
    $('outlines').addEventListener('change', () => this.editor.setShown($('outlines').checked));
    $('edit').addEventListener('click', () => {
      const isOpen = !this.editor.isOpen;
      $('edit').setAttribute('aria-pressed', String(isOpen));
      $('edit').textContent = isOpen ? 'Done' : 'Edit zones';
      $('editor').hidden = $('editor-tools').hidden = !isOpen;
      $('look').hidden = isOpen;
      this.editor.setOpen(isOpen);
    });
    $('save').addEventListener('click', () => $('canvas').toBlob((blob) => {
      const url = URL.createObjectURL(blob);
      make('a', {href: url, download: `${this.data.title}.png`}).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    }));
  }

  // The heat itself, which takes a browser that can unpack it.
  async showHeat() {
    if (typeof DecompressionStream === 'undefined') {
      warn(
          'This browser cannot unpack the heat, as it has no DecompressionStream: take Chrome 90, ' +
          'Firefox 113, Safari 16.4 or newer. Events and tables are shown all the same.');
      return;
    }
    const {data} = this;
    const [heat, spans, colormaps, image] = await Promise.all([
      readHeat(data), Spans.read(data), readColormaps(data), loadImage(data.picture.background)
    ]);
    if (colormaps.size === 0) throw new Error('it has no colour maps');
    Object.assign(this, {heat, spans, colormaps});
    if (!colormaps.has(this.look.colormap)) this.look.colormap = [...colormaps.keys()][0];
    if (!image) warn('The background picture is missing or cannot be read.');
    this.controls = new LookControls(this.look, [...colormaps.keys()], () => this.draw());
    this.picture.setBackground(image);
    $('stage').addEventListener('pointermove', (e) => this.readOut(e));
    this.spanChanged(this.timeline.span.begin, this.timeline.span.end);
  }

  draw() {
    const colors = this.colormaps.get(this.look.colormap);
    this.picture.show(
        this.map, $('same-scale').checked ? this.wholeOf(this.map) : this.map, colors, this.look);
    const legend = $('legend').getContext('2d');
    const row = legend.createImageData(256, 1);
    for (let i = 0; i < 256; ++i) row.data.set([...colors.subarray(3 * i, 3 * i + 3), 255], 4 * i);
    legend.putImageData(row, 0, 0);
  }

  // The map of all time that is as coarse as another.
  wholeOf(map) {
    if (!map.isCoarse) return this.heat;
    this.coarse = this.coarse || this.spans.map(0, this.spans.count);
    return this.coarse;
  }

  readOut(e) {
    const box = $('stage').getBoundingClientRect();
    const x = (e.clientX - box.left) / box.width, y = (e.clientY - box.top) / box.height;
    if (!this.picture.values || x < 0 || y < 0 || x >= 1 || y >= 1) return;
    $('readout').textContent =
        `${number(this.picture.eventsAt(x, y))} events at ${x.toFixed(4)}, ${y.toFixed(4)}`;
  }

  chooseEvent(event) {
    this.event = null;
    this.timeline.setSpanAround(event.begin, event.end);
    this.event = event;
    this.timeline.setEvent(event);
    this.events.mark(event);
    this.showBox(event.box);
  }

  chooseSpan(begin, end) { this.timeline.setSpanAround(begin, end); }

  spanChanged(begin, end) {
    const {clock, timeline, data} = this;
    // An event is only chosen as long as its span is.
    if (this.event) {
      this.event = null;
      timeline.setEvent(null);
      this.events.mark(null);
      this.showBox(null);
    }
    this.events.setSpan(begin, end);
    const {isWhole} = timeline;
    const events = data.events.filter((event) => event.begin < end && event.end > begin).length;
    const what = isWhole ? 'Whole recording' : `${clock.name(begin)} to ${clock.name(end)}`;
    const without =
        !isWhole && !data.spans ? ' This page has no maps of spans: the picture shows all.' : '';
    $('span').textContent =
        `${what} · ${formatDuration(end - begin)} · ${plural(events, 'event')}.${without}`;
    $('zoom').disabled = isWhole;
    if (!this.heat) return;
    this.map = this.heat;
    if (!isWhole && this.spans) {
      const {seconds} = this.spans;
      this.map = this.spans.map(Math.round(begin / seconds), Math.ceil(end / seconds - 1e-6));
    }
    this.draw();
  }

  // The box of an event, on the picture.
  showBox(box) {
    const old = $('stage').querySelector('.box');
    if (old) old.remove();
    if (!box || box[2] <= 0) return;
    const [left, top, width, height] = box.map((fraction) => `${100 * fraction}%`);
    const frame = make('div', {class: 'box', 'aria-hidden': 'true'});
    Object.assign(frame.style, {left, top, width, height});
    $('stage').append(frame);
  }
}

async function start() {
  try {
    const page = new Page(JSON.parse($('data').textContent));
    await page.showHeat();
  } catch (error) {
    warn(`The data of this page cannot be read: ${error.message}`);
    throw error;
  }
}

start();
