// SPDX-License-Identifier: LGPL-2.1-or-later

// The editor's panel: a row for each polygon, and the lines to copy.
class EditorPanel {
  constructor(editor) {
    this.editor = editor;
    $('line-form').addEventListener('change', () => this.refresh());
  }

  // Everything anew; `refresh` leaves the fields, one of which may be typed in.
  render() {
    const rows = this.editor.shapes.map((shape, i) => this.makeRow(shape, i));
    $('shape-list').replaceChildren(...rows);
  }

  makeRow(shape, index) {
    const {editor} = this, isSelected = index === editor.selected;
    const label = (what) => ({type: 'button', 'aria-label': `${what} polygon ${index + 1}`});
    const choose = make('button', {
      ...label('Choose'),
      class: 'choose',
      'aria-pressed': String(isSelected),
      onclick: () => editor.choose(index)
    });
    choose.textContent = index + 1;
    const remove = make(
        'button', {...label('Delete'), title: 'Delete', onclick: () => editor.remove(index)}, '×');
    const row = make('li', {class: isSelected ? 'selected' : null}, choose);
    row.append(this.makeKind(shape, index), this.makeName(shape, index), remove);
    return row;
  }

  makeKind({kind}, index) {
    const select = make('select', {'aria-label': `Kind of polygon ${index + 1}`});
    makeOptions(select, [['zone', 'Zone'], ['mask', 'Mask']]);
    select.value = kind;
    select.addEventListener('change', () => {
      this.editor.setKind(index, select.value);
      $('shape-list').children[index].querySelector('select').focus();
    });
    return select;
  }

  makeName({kind, name}, index) {
    const label = `Name of zone ${index + 1}`;
    const input = make('input', {type: 'text', value: name, 'aria-label': label});
    input.hidden = kind === 'mask';
    input.spellcheck = false;
    input.addEventListener('input', () => this.editor.setName(index, input.value));
    return input;
  }

  focusName(index) {
    const name = $('shape-list').children[index].querySelector('input');
    name.focus();
    name.select();
  }

  // The row of a polygon, or what draws one if there is none.
  focusRow(index) {
    const row = $('shape-list').children[index];
    (row ? row.querySelector('button') : $('draw')).focus();
  }

  refresh() {
    const {shapes, draft} = this.editor;
    $('draw').textContent = draft ? 'Close polygon' : 'Draw polygon';
    $('draw').setAttribute('aria-pressed', String(draft !== null));
    $('undo').disabled = !this.editor.canUndo();
    $('redo').disabled = !this.editor.canRedo();
    const problems = shapes.map(({kind, name}) => (kind === 'zone' ? nameProblem(name) : ''));
    problems.forEach((problem, i) => {
      const input = $('shape-list').children[i].querySelector('input');
      input.setAttribute('aria-invalid', String(problem !== ''));
      input.title = problem;
    });
    this.showLines(problems.find(Boolean));
  }

  // The lines to copy, or the problem because of which there are none.
  showLines(problem) {
    if (problem) {
      $('lines').replaceChildren(make('p', {class: 'problem', role: 'alert'}, problem));
      return;
    }
    const lines = regionLines(this.editor.shapes, $('line-form').value === 'tool');
    const shown = [...$('lines').children].map((line) => line.dataset.property);
    if (shown.length !== lines.length || lines.some(({property}, i) => property !== shown[i]))
      $('lines').replaceChildren(...lines.map(({property}) => this.makeLine(property)));
    lines.forEach(({text}, i) => {
      const line = $('lines').children[i], field = line.querySelector('textarea');
      if (field.value === text) return;
      field.value = text;
      line.querySelector('[role=status]').textContent = '';
    });
  }

  makeLine(property) {
    const field =
        make('textarea', {readonly: true, rows: '3', spellcheck: 'false', 'aria-label': property});
    const done = make('p', {role: 'status', class: 'muted'});
    const copy = make(
        'button',
        {type: 'button', 'aria-label': `Copy ${property}`, onclick: () => this.copy(field, done)},
        'Copy');
    return make(
        'div', {class: 'line', 'data-property': property},
        make('div', {class: 'bar'}, make('span', {}, property), copy), field, done);
  }

  async copy(field, done) {
    try {
      await navigator.clipboard.writeText(field.value);
      done.textContent = 'Copied.';
    } catch (error) {
      field.focus();
      field.select();
      done.textContent =
          'This browser does not let the page copy: the line is selected, press Ctrl+C.';
    }
  }
}
