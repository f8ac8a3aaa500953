// Draws the piano rolls. Only what is in view is drawn, so a piece of hours scrolls as easily as a bar.
(function () {
  'use strict';
  const data = JSON.parse(document.getElementById('rolls').textContent);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const STATES = ['plain', 'kept', 'added', 'removed'];
  const COLOURS = STATES.map(colour), TUNE = colour('tune');
  const NAMES = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B'];
  const BLACK = new Set([1, 3, 6, 8, 10]);
  const GUTTER = 42, LANE = 14, DRUM_ROW = 4;
  const LANES = ['phrases', 'chords', 'taken'], TITLES = {phrases: 'form', chords: 'chords', taken: 'from'};
  const longest = Math.max(1000, data.rolls.result.end, data.rolls.content.end);
  const shown = {kept: true, added: true, removed: true};
  const rolls = [];
  let scale = 0;  // pixels a millisecond
  let linked = true;

  class Roll {
    constructor(box) {
      this.name = box.dataset.roll;
      this.scroll = box.querySelector('.scroll');
      this.canvas = box.querySelector('canvas');
      this.width = box.querySelector('.width');
      this.said = box.querySelector('.said');
      this.audio = document.querySelector('audio[data-roll="' + this.name + '"]');
      this.show(data.rolls[this.name]);
      this.scroll.addEventListener('scroll', () => { this.draw(); if (linked) follow(this); });
      this.canvas.addEventListener('mousemove', event => this.tell(event));
      this.canvas.addEventListener('mouseleave', () => { this.said.textContent = ''; });
      this.canvas.addEventListener('click', event => this.seek(event));
      this.scroll.addEventListener('wheel', event => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        zoom(event.deltaY < 0 ? 1.25 : .8);
      }, {passive: false});
      if (this.audio) {
        const step = () => { this.draw(); if (!this.audio.paused) { this.keepInView(); requestAnimationFrame(step); } };
        this.audio.addEventListener('play', step);
        this.audio.addEventListener('seeked', () => this.draw());
      }
    }

    show(roll) {
      this.roll = roll;
      // Result and content are drawn to one scale of pitch, so that they can be compared by eye.
      const alike = this.name === 'style' ? [roll] : [roll, data.rolls.content, data.rolls.result];
      let low = 127, high = 0;
      for (const each of alike) for (const note of each.notes) { low = Math.min(low, note[2]); high = Math.max(high, note[2]); }
      if (low > high) { low = 60; high = 72; }
      this.low = Math.max(0, low - 2);
      this.high = Math.min(127, high + 2);
      const range = this.high - this.low + 1;
      this.tune = new Set(roll.tune || []);
      this.lanes = LANES.filter(name => (roll[name] || []).length);  // above the notes, under the numbers of the bars
      this.top = 16 + LANE * this.lanes.length;
      this.row = Math.max(5, Math.min(9, Math.floor(300 / range)));
      this.drumPitches = [...new Set(roll.drums.map(note => note[2]))].sort((a, b) => b - a);
      this.drumTop = this.top + range * this.row + (this.drumPitches.length ? 6 : 0);
      this.height = this.drumTop + this.drumPitches.length * DRUM_ROW + 2;
      this.resize();
    }

    resize() {
      const ratio = window.devicePixelRatio || 1, view = this.scroll.clientWidth;
      this.canvas.width = Math.round(view * ratio);
      this.canvas.height = Math.round(this.height * ratio);
      this.canvas.style.width = view + 'px';
      this.canvas.style.height = this.height + 'px';
      this.width.style.width = Math.max(view, GUTTER + this.roll.end * scale + 12) + 'px';
      this.draw();
    }

    // x on the canvas of a time in ms, and back
    x(time) { return GUTTER + time * scale - this.scroll.scrollLeft; }
    time(x) { return (x - GUTTER + this.scroll.scrollLeft) / scale; }
    y(pitch) { return this.top + (this.high - pitch) * this.row; }

    draw() {
      const paint = this.canvas.getContext('2d'), ratio = window.devicePixelRatio || 1, view = this.scroll.clientWidth;
      paint.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint.clearRect(0, 0, view, this.height);
      this.drawKeys(paint, view);
      this.drawBars(paint, view);
      this.drawNotes(paint, view);
      this.drawLanes(paint, view);
      this.drawGutter(paint);
      if (this.audio && this.audio.currentTime > 0) {
        const x = this.x(this.audio.currentTime * 1000);
        if (x >= GUTTER) { paint.fillStyle = colour('play'); paint.fillRect(x, 0, 1.5, this.height); }
      }
    }

    drawKeys(paint, view) {
      for (let pitch = this.low; pitch <= this.high; pitch++) {
        if (BLACK.has(pitch % 12)) { paint.fillStyle = '#f3f5f8'; paint.fillRect(GUTTER, this.y(pitch), view, this.row); }
        if (pitch % 12 === 0) { paint.fillStyle = '#dfe5ea'; paint.fillRect(GUTTER, this.y(pitch) + this.row - 1, view, 1); }
      }
    }

    drawBars(paint, view) {
      const bars = this.roll.bars, every = barStep(bars);
      paint.font = '10px system-ui, sans-serif';
      for (let i = 0; i < bars.length; i++) {
        const x = this.x(bars[i]);
        if (x < GUTTER - 1 || x > view || i % every) continue;
        paint.fillStyle = colour('bar');
        paint.fillRect(Math.round(x), 0, 1, this.height);
        paint.fillStyle = colour('soft');
        paint.fillText(i + 1, x + 3, 11);
      }
    }

    // The line of a lane's text.
    lane(name) { return 11 + LANE * (1 + this.lanes.indexOf(name)); }

    drawLanes(paint, view) {
      paint.font = '11px system-ui, sans-serif';
      for (const name of this.lanes) {
        const y = this.lane(name);
        let free = GUTTER;  // text that would run into the one before is left out
        const write = (x, text) => {
          if (x < free || x > view) return;
          paint.fillText(text, x, y);
          free = x + paint.measureText(text).width + 5;
        };
        paint.fillStyle = colour('ink');
        if (name === 'phrases') for (const [start, end, label] of this.roll.phrases) this.drawPhrase(paint, view, y, start, end, label);
        if (name === 'chords') for (const [start, symbol] of this.roll.chords) write(this.x(start) + 2, symbol);
        if (name === 'taken') {
          paint.fillStyle = '#8a5f00';
          for (const [bar, bars] of this.roll.taken) write(this.x(this.roll.bars[bar - 1]) + 3, between(bars));
        }
      }
    }

    drawPhrase(paint, view, y, start, end, label) {
      const left = Math.max(this.x(start) + 2, GUTTER), right = Math.min(this.x(end) - 2, view);
      if (right < left) return;
      paint.fillStyle = colour('soft');
      paint.fillRect(left, y - 8, right - left, 1);
      if (this.x(start) >= GUTTER - 2) paint.fillRect(left, y - 8, 1, 8);
      if (this.x(end) <= view) paint.fillRect(right - 1, y - 8, 1, 8);
      paint.fillStyle = colour('ink');
      if (right - left > paint.measureText(label).width + 8) paint.fillText(label, left + 4, y + 2);
    }

    drawNotes(paint, view) {
      const last = this.time(view), first = this.time(GUTTER);
      // Removed notes lie behind, added ones in front.
      for (const state of [0, 3, 1, 2]) {
        if (state && !shown[STATES[state]]) continue;
        for (let i = 0; i < this.roll.notes.length; i++) {
          const note = this.roll.notes[i];
          if (note[0] > last) break;
          if (note[4] === state && note[0] + note[1] >= first) this.drawNote(paint, note, this.y(note[2]), this.row, this.tune.has(i));
        }
        for (const note of this.roll.drums) {
          if (note[0] > last) break;
          if (note[4] === state && note[0] >= first) this.drawDrum(paint, note);
        }
      }
    }

    drawNote(paint, note, y, row, isTune) {
      const x = this.x(note[0]), width = Math.max(2, note[1] * scale - 1), height = row - 1, state = note[4];
      if (state === 3) {
        paint.strokeStyle = COLOURS[3];
        paint.setLineDash([3, 2]);
        paint.strokeRect(x + .5, y + .5, Math.max(1, width - 1), height - 1);
        paint.setLineDash([]);
        return;
      }
      paint.fillStyle = isTune ? TUNE : COLOURS[state];
      paint.globalAlpha = .45 + .55 * Math.min(1, note[3] / 100);
      paint.fillRect(x, y, width, height);
      paint.globalAlpha = 1;
      if (state === 2 && height > 4) { paint.strokeStyle = '#5c4000'; paint.strokeRect(x + .5, y + .5, Math.max(1, width - 1), height - 1); }
    }

    drawDrum(paint, note) {
      paint.fillStyle = note[4] > 1 ? COLOURS[note[4]] : '#8a939c';
      paint.fillRect(this.x(note[0]), this.drumTop + this.drumPitches.indexOf(note[2]) * DRUM_ROW, 3, DRUM_ROW - 1);
    }

    drawGutter(paint) {
      paint.fillStyle = '#fff';
      paint.fillRect(0, 0, GUTTER, this.height);
      paint.fillStyle = colour('soft');
      paint.font = '10px system-ui, sans-serif';
      for (let pitch = this.low; pitch <= this.high; pitch++) {
        paint.fillStyle = BLACK.has(pitch % 12) ? '#3a444e' : '#fff';
        paint.fillRect(GUTTER - 12, this.y(pitch), 11, this.row);
        if (pitch % 12 === 0) { paint.fillStyle = colour('soft'); paint.fillText('C' + (pitch / 12 - 1), 4, this.y(pitch) + this.row); }
      }
      paint.fillStyle = colour('bar');
      paint.fillRect(GUTTER - 13, this.top, 1, this.drumTop - this.top);
      paint.fillRect(GUTTER - 1, 0, 1, this.height);
      paint.fillStyle = colour('soft');
      for (const name of this.lanes) paint.fillText(TITLES[name], 4, this.lane(name));
      if (this.drumPitches.length) { paint.fillStyle = colour('soft'); paint.fillText('drums', 2, this.drumTop + 8); }
    }

    at(event) {
      const box = this.canvas.getBoundingClientRect();
      return [this.time(event.clientX - box.left), this.high - Math.floor((event.clientY - box.top - this.top) / this.row)];
    }

    tell(event) {
      const [time, pitch] = this.at(event);
      const note = this.roll.notes.find(n => n[2] === pitch && n[0] <= time && n[0] + n[1] >= time && (!n[4] || shown[STATES[n[4]]]));
      const bar = Math.max(1, this.roll.bars.filter(start => start <= time + 1).length), where = 'bar ' + bar + this.read(time, bar);
      this.said.textContent = note ? NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1) + ', ' + (note[4] ? STATES[note[4]] + ', ' : '') +
        (this.tune.has(this.roll.notes.indexOf(note)) ? 'tune, ' : '') + (note[1] / 1000).toFixed(2) + ' s, velocity ' + note[3] + ', ' + where :
        (time >= 0 ? where : '');
    }

    // What was read at a time and taken for a bar, in words.
    read(time, bar) {
      const chord = (this.roll.chords || []).filter(one => one[0] <= time + 1).pop();
      const taken = (this.roll.taken || []).find(one => one[0] === bar);
      return (chord ? ', chord ' + chord[1] : '') + (taken ? ', accompaniment of bar ' + between(taken[1]) + ' of ' + taken[2] : '');
    }

    seek(event) {
      const [time] = this.at(event);
      if (this.audio && time >= 0) { this.audio.currentTime = Math.min(time / 1000, this.audio.duration || 0); this.draw(); }
    }

    keepInView() {
      const x = this.x(this.audio.currentTime * 1000), view = this.scroll.clientWidth;
      if (x > view * .9 || x < GUTTER) this.scroll.scrollLeft += x - view * .2;
    }
  }

  // Bars as '5' or '5–6'.
  function between(bars) { return bars.length > 1 ? bars[0] + '–' + bars[bars.length - 1] : String(bars[0]); }

  // Every how many bars a line is drawn: the fewest that leave room for the number.
  function barStep(bars) {
    const width = bars.length > 1 ? (bars[bars.length - 1] - bars[0]) / (bars.length - 1) * scale : 100;
    return [1, 2, 4, 8, 16, 32, 64, 128, 256].find(n => n * width >= 26) || 512;
  }

  // Content and result share their time line; the style piece has its own.
  function follow(from) {
    if (from.name === 'style') return;
    for (const other of rolls) {
      if (other !== from && other.name !== 'style' && Math.abs(other.scroll.scrollLeft - from.scroll.scrollLeft) > 1) other.scroll.scrollLeft = from.scroll.scrollLeft;
    }
  }

  function zoom(factor) {
    const view = document.querySelector('.scroll').clientWidth, wide = view - GUTTER - 12;
    const centres = rolls.map(roll => roll.time(GUTTER + wide / 2));
    scale = Math.max(wide / longest, Math.min(2, scale * factor));
    linked = false;
    rolls.forEach((roll, i) => { roll.resize(); roll.scroll.scrollLeft = centres[i] * scale - wide / 2; roll.draw(); });
    linked = true;
  }

  document.querySelectorAll('[data-roll].roll').forEach(box => rolls.push(new Roll(box)));
  if (!rolls.length) return;
  const wide = document.querySelector('.scroll').clientWidth - GUTTER - 12;
  scale = Math.min(2, wide / Math.min(longest, 24000));  // at first, about 24 seconds are in view, from the first note
  rolls.forEach(roll => {
    roll.resize();
    const first = roll.roll.notes.length ? roll.roll.notes[0][0] : 0;
    if (first > 4000) roll.scroll.scrollLeft = (first - 1000) * scale;
  });
  window.addEventListener('resize', () => rolls.forEach(roll => roll.resize()));
  document.getElementById('closer').addEventListener('click', () => zoom(1.5));
  document.getElementById('wider').addEventListener('click', () => zoom(1 / 1.5));
  document.getElementById('whole').addEventListener('click', () => zoom(1e-9));
  document.querySelectorAll('input[data-state]').forEach(input => input.addEventListener('change', () => {
    shown[input.dataset.state] = input.checked;
    rolls.forEach(roll => roll.draw());
  }));
  const choice = document.getElementById('snapshot');
  if (choice) choice.addEventListener('change', () => {
    rolls.find(roll => roll.name === 'result').show(choice.value === 'result' ? data.rolls.result : data.snapshots[choice.value]);
  });
})();
