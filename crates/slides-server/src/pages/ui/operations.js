// All operations of the caller, with a filter.
import { Cards, titleOf } from './card.js';
import { by, plural, write } from './dom.js';
import { filter, hasOlder, listed, older, watch } from './follow.js';

let cards;

function fits(entry, words) {
  const { operation, warnings = [] } = entry;
  const error = operation.error || {};
  const text = [titleOf(entry), operation.id, operation.method, entry.savedTo, error.message, error.code, ...warnings];
  const all = text.join(' ').toLowerCase();
  return words.every((word) => all.includes(word));
}

export function show() {
  if (by('operations').hidden) return;
  const words = by('find').value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = listed();
  const found = all.filter((entry) => fits(entry, words));
  cards.show(found);
  by('older').hidden = !hasOlder();
  const kept = hasOlder() ? `${plural(all.length, 'operation')} so far` : plural(all.length, 'operation');
  write(by('operations-count'), words.length ? `${found.length} of ${kept}` : kept);
}

export function setUp() {
  cards = new Cards(by('list'));
  by('status').addEventListener('change', (event) => filter(event.target.value));
  by('find').addEventListener('input', show);
  by('older').addEventListener('click', async (event) => {
    event.target.disabled = true;
    try {
      await older();
    } finally {
      event.target.disabled = false;
    }
  });
  watch(show);
}

export function enter() {
  filter(by('status').value);
  show();
}

// Conversions of this page are followed whatever the filter was.
export const leave = () => filter('');
