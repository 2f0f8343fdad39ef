// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of files and zones are data: they go into the page as text and in no other way.

const $ = (id) => document.getElementById(id);

// An element with attributes (properties where they are functions) and children.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function')
      element[key] = value;
    else if (value !== null && value !== false)
      element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function makeOptions(select, names) {
  select.replaceChildren(...names.map(([value, text]) => make('option', {value}, text)));
}

// A table that a narrow screen shows as cards: its roles hold when its display is another.
// `columns` are [title, class, cell(row)], a cell being text or an element.
function makeTable(label, columns, rows) {
  const head = columns.map(
      ([title, kind]) => make('th', {role: 'columnheader', scope: 'col', class: kind}, title));
  const cells = (row) => columns.map(
      ([title, kind, cell]) =>
          make('td', {role: 'cell', class: kind, 'data-label': title}, cell(row)));
  return make(
      'div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label},
      make(
          'table', {role: 'table', 'aria-label': label},
          make('thead', {role: 'rowgroup'}, make('tr', {role: 'row'}, ...head)),
          make(
              'tbody', {role: 'rowgroup'},
              ...rows.map((row) => make('tr', {role: 'row'}, ...cells(row))))));
}

const NUMBERS = new Intl.NumberFormat('en', {maximumSignificantDigits: 4});

function number(value) { return Number.isFinite(value) ? NUMBERS.format(value) : '–'; }

// 0.0123 -> 1.23 %, three digits.
function percent(share) {
  if (!Number.isFinite(share)) return '–';
  return `${Number((100 * share).toPrecision(3))} %`;
}

function baseName(path) { return path.split('/').pop() || path; }

function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
