// SPDX-License-Identifier: LGPL-2.1-or-later
// Stream time in seconds, and the wall clock: seconds since 1970 of local time, as the cameras had
// it, whatever the time zone of who reads.

function parseClock(text) {
  if (!text) return null;
  const milliseconds = Date.parse(text.replace(' ', 'T').slice(0, 23) + 'Z');
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

function twoDigits(number) { return String(number).padStart(2, '0'); }

// 0:01:02, or 0:01:02.3 with a digit.
function formatTime(seconds, digits = 0) {
  const unit = 10 ** digits;
  const ticks = Math.round(seconds * unit);
  const whole = Math.floor(ticks / unit);
  const fraction = digits > 0 ? '.' + String(ticks % unit).padStart(digits, '0') : '';
  const minutes = Math.floor(whole / 60);
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(whole % 60)}${
      fraction}`;
}

function formatDate(clock) { return new Date(clock * 1000).toISOString().slice(0, 10); }

function formatTimeOfDay(clock, digits = 0) {
  const unit = 10 ** digits;
  const rounded = Math.round(clock * unit) / unit;
  return new Date(rounded * 1000).toISOString().slice(11, digits > 0 ? 20 + digits : 19);
}

// 8.4 s, 3 min 20 s, 2 h 05 min
function formatDuration(seconds) {
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

// Which stream time is which time on the wall clock. The clock may jump from one file to the next.
class Clock {
  constructor(data) {
    this.duration = data.duration;
    // Short recordings are told in tenths of seconds.
    this.digits = data.duration <= 600 ? 1 : 0;
    const start = parseClock(data.start);
    this.runs = [];
    for (const file of data.files) {
      const own = parseClock(file.start);
      const offset = own !== null ? own - file.begin : start;
      const last = this.runs[this.runs.length - 1];
      const goesOn = last &&
          (offset === null ? last.offset === null :
                             last.offset !== null && Math.abs(last.offset - offset) < 1);
      if (goesOn)
        last.end = file.begin + file.duration;
      else
        this.runs.push({begin: file.begin, end: file.begin + file.duration, offset});
    }
    if (this.runs.length === 0) this.runs.push({begin: 0, end: data.duration, offset: start});
    const first = this.at(0), last = this.at(data.duration);
    this.severalDays = first !== null && last !== null && formatDate(first) !== formatDate(last);
  }

  // The wall clock at a stream time, null where it is not known.
  at(time) {
    const run = this.runs.find((r) => time < r.end) || this.runs[this.runs.length - 1];
    return run.offset === null ? null : time + run.offset;
  }

  // What people call a stream time: the wall clock if it is known.
  name(time) {
    const clock = this.at(time);
    return clock === null ? formatTime(time, this.digits) : this.nameClock(clock);
  }

  nameClock(clock) {
    const time = formatTimeOfDay(clock, this.digits);
    return this.severalDays ? `${formatDate(clock)} ${time}` : time;
  }
}
