// SPDX-License-Identifier: LGPL-2.1-or-later

function showFigures(data) {
  const {frames, max, coverage, motion, not_counted: notCounted} = data.figures;
  const figures = [
    [
      'Events', number(data.events.length),
      data.zones.length > 0 ? `in ${plural(data.zones.length, 'zone')}` : ''
    ],
    ['Mean motion', percent(motion), 'of the picture'],
    ['Ever moved', percent(coverage), 'of the picture'],
    ['Hottest pixel', number(max), max === 1 ? 'event' : 'events'],
    ['Recorded', formatDuration(data.duration), ''],
    ['Frames', frames.toLocaleString('en'), notCounted > 0 ? `${notCounted} not counted` : ''],
  ];
  $('figures').replaceChildren(...figures.map(
      ([name, value, note]) => make(
          'div', {}, make('dt', {}, name),
          make('dd', {}, make('span', {}, value), make('small', {}, note)))));
}

function showZones(data) {
  const columns = [
    ['Zone', 'name', (zone) => zone.name],
    ['Events', 'number', (zone) => number(zone.events)],
    ['Mean motion', 'number', (zone) => percent(zone.motion)],
    ['Peak', 'number', (zone) => percent(zone.peak)],
    ['Ever moved', 'number', (zone) => percent(zone.coverage)],
    ['Mean heat', 'number', (zone) => number(zone.mean)],
    ['Hottest', 'number', (zone) => number(zone.max)],
    ['Share of all heat', 'number', (zone) => percent(zone.share)],
  ];
  $('zones').replaceChildren(
      data.zones.length > 0 ?
          makeTable('Zones', columns, data.zones) :
          make(
              'p', {class: 'empty'},
              'No zones were given. “Edit zones” above the picture draws some.'));
}

function fileState(file) {
  if (file.problem) return make('span', {class: 'problem'}, file.problem);
  return file.events > 0 ? make('span', {class: 'moved'}, 'motion') : 'still';
}

// `onFile(file)` is called for the file whose name is chosen.
function showFiles(data, clock, onFile) {
  const name = (file) => make(
      'button', {
        type: 'button',
        class: 'link',
        title: 'Show the map of this file',
        onclick: () => onFile(file)
      },
      file.name);
  const begin = (file) => {
    const own = parseClock(file.start);
    return own === null ? clock.name(file.begin) : `${formatDate(own)} ${formatTimeOfDay(own)}`;
  };
  const columns = [
    ['File', 'name', name],
    ['Begin', 'time', begin],
    ['Length', 'number', (file) => formatDuration(file.duration)],
    ['Frames', 'number', (file) => file.frames.toLocaleString('en')],
    ['Events', 'number', (file) => number(file.events)],
    ['State', 'name', fileState],
  ];
  const moved = data.files.filter((file) => file.events > 0 || file.problem);
  const update = () => {
    const files = $('files-moved').checked ? moved : data.files;
    $('files').replaceChildren(
        files.length > 0 ? makeTable('Files', columns, files) :
                           make('p', {class: 'empty'}, 'None.'));
  };
  $('files-moved').addEventListener('change', update);
  const problems = data.files.filter((file) => file.problem).length;
  const counts = [
    `${data.files.filter((file) => file.events > 0).length} of ${data.files.length} with motion`
  ];
  if (problems > 0) counts.push(`${problems} with problems`);
  $('files-count').textContent = counts.join(', ');
  update();
}

function showSettings(data) {
  const settings = Object.entries(data.settings).filter(([, value]) => value !== '');
  $('settings')
      .replaceChildren(...settings.map(
          ([name, value]) => make(
              'div', {class: String(value).length > 24 ? 'long' : null}, make('dt', {}, name),
              make('dd', {}, String(value)))));
}
