// The operations that the page knows, asked for again and again: often while one of them is under way, seldom otherwise,
// and not at all while nobody looks.
import { API, Refused, json } from './api.js';
import { trouble } from './dom.js';
import { isPicture } from './pictures.js';

const LIMIT = 100;
const SOON = 1000;
const LATER = 5000;
const ASKED_ALONE = 5;
const ENDED = ['Finished', 'Failed', 'Canceled'];

const entries = new Map();
const wanted = new Set();
const listeners = new Set();
let statuses = '';
let order = [];
let before;
let timer;
let running = false;
let asked = 0;

export const ended = (entry) => ENDED.includes(entry.operation.status);
export const entryOf = (id) => entries.get(id);
export const listed = () => order.map((id) => entries.get(id)).filter((entry) => entry && (!statuses || statuses.split(',').includes(entry.operation.status)));
export const hasOlder = () => before !== undefined;

// Called after each look.
export function watch(listener) {
  listeners.add(listener);
}

// An operation that this page started.
export function want(id) {
  wanted.add(id);
  soon();
}

// Lists operations in these states alone; all when empty.
export function filter(text) {
  statuses = text;
  order = [];
  before = undefined;
  asked += 1;
  soon();
}

export function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, running ? 200 : 0);
}

export function stop() {
  clearTimeout(timer);
  entries.clear();
  wanted.clear();
  order = [];
  before = undefined;
}

function address(cursor) {
  const query = new URLSearchParams({ limit: LIMIT });
  if (statuses) query.set('status', statuses);
  if (cursor !== undefined) query.set('before', cursor);
  return `/operations?${query}`;
}

function take(list) {
  const ids = [];
  for (const entry of list.operations) {
    const { id } = entry.operation;
    if (isPicture(id)) continue;
    entries.set(id, entry);
    ids.push(id);
  }
  return ids;
}

// One the list did not bring: a long queue is before it, or the list shows others.
async function alone(id) {
  try {
    const operation = await json(`${API}/async/${id}`);
    entries.set(id, { ...(entries.get(id) || { enqueued: operation.created }), operation });
  } catch (error) {
    if (error.status === 404) wanted.delete(id);
  }
}

async function look() {
  if (running || document.hidden) return;
  running = true;
  let wait = LATER;
  const begun = performance.now();
  const mine = asked;
  try {
    const list = await json(address());
    if (mine === asked) {
      const ids = take(list);
      // Older ones that were asked for stay, those that are gone from the part that was read go.
      const oldest = ids.length ? order.indexOf(ids[ids.length - 1]) : -1;
      const kept = oldest >= 0 ? order.slice(oldest + 1).filter((id) => !ids.includes(id)) : [];
      if (!kept.length) before = list.before;
      order = [...ids, ...kept];
      const missing = [...wanted].filter((id) => !ids.includes(id) && !(entries.has(id) && ended(entries.get(id))));
      for (const id of missing.slice(0, ASKED_ALONE)) await alone(id);
    }
    trouble('');
    if ([...wanted, ...order].some((id) => !entries.has(id) || !ended(entries.get(id)))) wait = SOON;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      running = false;
      return;
    }
    trouble(error instanceof Refused && error.status ? error.message : 'The server does not answer. The page tries again.');
  }
  running = false;
  for (const listener of listeners) listener();
  clearTimeout(timer);
  // A slow server is asked less often.
  timer = setTimeout(look, mine === asked ? Math.max(wait, 10 * (performance.now() - begun)) : 0);
}

// Reads the next older ones.
export async function older() {
  if (before === undefined) return;
  const list = await json(address(before));
  const ids = take(list);
  order = [...order, ...ids.filter((id) => !order.includes(id))];
  before = list.before;
  for (const listener of listeners) listener();
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) soon();
});
