// SPDX-License-Identifier: LGPL-2.1-or-later

const EVENT_ROWS = 60;  // made in one go: the rest when the list is scrolled to its end

// The list of motion events: a list box, so that arrow keys go through them and show the map of
// each.
class EventList {
  // `onChoose(event)` is called when the user chooses one, not when the page does.
  constructor(data, clock, onChoose) {
    Object.assign(this, {data, clock, onChoose});
    this.list = $('event-list');
    this.thumbnails = new Map(data.events.map((event, i) => [event, data.thumbnails[i]]));
    this.span = null;
    this.shown = [];
    this.rows = [];
    const zones = [...new Set(data.events.map((event) => event.zone))];
    makeOptions($('event-zone'), [['', 'all'], ...zones.map((zone, i) => [String(i), zone])]);
    this.zoneOf = (value) => (value === '' ? null : zones[Number(value)]);
    for (const id of ['event-zone', 'event-order', 'event-span'])
      $(id).addEventListener('change', () => this.update());
    $('event-more').addEventListener('click', () => this.addRows());
    this.list.addEventListener('keydown', (e) => this.key(e));
    this.list.addEventListener('click', (e) => {
      const row = e.target.closest('[role=option]');
      if (row) this.choose(this.rows.indexOf(row));
    });
    new IntersectionObserver(
        (seen) => seen.some((entry) => entry.isIntersecting) && this.addRows(),
        {root: this.list, rootMargin: '200px'})
        .observe(this.end = make('div', {'aria-hidden': 'true'}));
    this.update();
  }

  setSpan(begin, end) {
    this.span = {begin, end};
    if ($('event-span').checked) this.update();
  }

  // Marks an event, or none, and brings it into sight.
  mark(event) {
    this.chosen = event;
    const place = this.shown.indexOf(event);
    while (place >= this.rows.length) this.addRows();
    this.rows.forEach((row, i) => row.setAttribute('aria-selected', String(i === place)));
    if (place < 0) {
      this.list.removeAttribute('aria-activedescendant');
      return;
    }
    const row = this.rows[place];
    this.list.setAttribute('aria-activedescendant', row.id);
    const top = row.offsetTop, bottom = top + row.offsetHeight;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    if (bottom > this.list.scrollTop + this.list.clientHeight)
      this.list.scrollTop = bottom - this.list.clientHeight;
  }

  choose(place) {
    const event = this.shown[Math.min(this.shown.length - 1, Math.max(0, place))];
    if (!event) return;
    this.mark(event);
    this.onChoose(event);
  }

  key(e) {
    const place = this.shown.indexOf(this.chosen);
    const places = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + 10,
      PageUp: place - 10,
      Home: 0,
      End: this.shown.length - 1
    };
    if (!(e.key in places)) return;
    e.preventDefault();
    this.choose(places[e.key]);
  }

  update() {
    const zone = this.zoneOf($('event-zone').value);
    const isIn = ({begin, end}) => !this.span || (begin < this.span.end && end > this.span.begin);
    this.shown = this.data.events.filter(
        (event) =>
            (zone === null || event.zone === zone) && (!$('event-span').checked || isIn(event)));
    const orders = {
      'begin': (a, b) => a.begin - b.begin,
      '-begin': (a, b) => b.begin - a.begin,
      '-duration': (a, b) => (b.end - b.begin) - (a.end - a.begin),
      '-peak': (a, b) => b.peak - a.peak,
      'zone': (a, b) => a.zone.localeCompare(b.zone, 'en', {numeric: true}) || a.begin - b.begin,
    };
    this.shown.sort(orders[$('event-order').value]);
    const all = this.data.events.length;
    $('events-count').textContent =
        this.shown.length === all ? String(all) : `${this.shown.length} of ${all}`;
    this.rows = [];
    this.list.replaceChildren(this.end);
    if (this.shown.length === 0) this.list.prepend(make('p', {class: 'empty'}, 'No events.'));
    this.list.scrollTop = 0;
    this.addRows();
    this.mark(this.chosen);
  }

  addRows() {
    const more = this.shown.slice(this.rows.length, this.rows.length + EVENT_ROWS)
                     .map((event) => this.row(event));
    this.rows.push(...more);
    this.end.before(...more);
    $('event-more').hidden = this.rows.length >= this.shown.length;
  }

  // An event may go on from one file into the next.
  placeInFiles(event) {
    const place = (file, time) =>
        `${formatTime(time, 1)} of ${baseName(this.data.files[file].name)}`;
    const begin = place(event.file, event.file_begin);
    return event.file === event.last_file ? begin :
                                            `${begin} to ${place(event.last_file, event.file_end)}`;
  }

  row(event) {
    const thumbnail = this.thumbnails.get(event);
    const image = thumbnail ? make('img', {src: thumbnail, alt: '', loading: 'lazy'}) : null;
    const clock = parseClock(event.clock);
    const where = [
      clock === null ? '' : `at ${formatTime(event.begin, 1)}`,
      this.data.files.length > 1 ? this.placeInFiles(event) : ''
    ];
    return make(
        'div', {role: 'option', id: `event-${event.id}`, class: 'event', 'aria-selected': 'false'},
        make('span', {class: 'thumbnail'}, image),
        make(
            'span', {class: 'event-main'},
            make(
                'span', {class: 'event-time'},
                clock === null ? this.clock.name(event.begin) : this.clock.nameClock(clock)),
            make('span', {class: 'tag', title: event.zone}, event.zone)),
        make(
            'span', {class: 'event-facts'},
            `${formatDuration(event.end - event.begin)}, up to ${percent(event.peak)} moved`),
        make('span', {class: 'event-where'}, where.filter(Boolean).join(', ')));
  }
}
