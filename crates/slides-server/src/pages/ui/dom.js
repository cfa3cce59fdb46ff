// Elements, and numbers and times as people read them.

export const by = (id) => document.getElementById(id);

export function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null) continue;
    if (key === 'class') element.className = value;
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Sets a text only where it differs: what is unchanged is not read out again.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Tells those who cannot see the page.
export function say(text) {
  by('live').textContent = text;
}

// What is wrong with the page as a whole; nothing takes it away.
export function trouble(text) {
  write(by('trouble'), text || '');
  by('trouble').hidden = !text;
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

export function bytes(count) {
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

export function seconds(value) {
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 100) return `${Math.round(value)} s`;
  if (value < 6000) return `${Math.round(value / 60)} min`;
  return `${Math.round(value / 3600)} h`;
}

export function plural(count, one, many) {
  return `${count} ${count === 1 ? one : many || `${one}s`}`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function time(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()) || at.getFullYear() < 1900) return make('span', {}, '');
  return make('time', { dateTime: at.toISOString() }, CLOCK.format(at));
}
