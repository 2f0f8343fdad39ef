// SPDX-License-Identifier: LGPL-2.1-or-later

// The controls of the look: their values <-> `look`.
class LookControls {
  constructor(look, names, onChange) {
    this.look = look;
    makeOptions($('colormap'), names.map((name) => [name, name]));
    const fields = {
      opacity: Number,
      colormap: String,
      blend: String,
      normalization: String,
      percentile: Number,
      fixed: Number,
      curve: String,
      smoothing: Number,
      'display-threshold': Number
    };
    for (const [id, type] of Object.entries(fields)) {
      const key = id === 'fixed' ? 'full-scale' : id;
      $(id).value = look[key];
      $(id).addEventListener($(id).tagName === 'SELECT' ? 'change' : 'input', () => {
        if (!$(id).checkValidity() || $(id).value === '') return;
        look[key] = type($(id).value);
        this.update();
        onChange();
      });
    }
    $('same-scale').addEventListener('change', onChange);
    this.update();
  }

  update() {
    const {look} = this;
    const texts = {
      opacity: percent(look.opacity),
      'display-threshold': String(look['display-threshold']),
      smoothing: look.smoothing > 0 ? `${look.smoothing} px` : 'off'
    };
    for (const [id, text] of Object.entries(texts)) {
      document.querySelector(`output[for="${id}"]`).textContent = text;
      $(id).setAttribute('aria-valuetext', text);
    }
    $('percentile').closest('.field').hidden = look.normalization !== 'percentile';
    $('fixed').closest('.field').hidden = look.normalization !== 'fixed';
  }
}
