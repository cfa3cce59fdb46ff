// Presentations from this computer or the storage, what to make of them, and how it goes.
import { API, call, segments, send } from './api.js';
import { Card } from './card.js';
import { by, bytes, make, plural, say } from './dom.js';
import { entryOf, want, watch } from './follow.js';
import { fillFormats, readOptions, readSlides, showOptions } from './formats.js';
import { pictures } from './pictures.js';

// Pictures that are asked for: of the decks that were chosen the first slide, of a conversion some more.
const COVERS = 6;
const SHOWN = 8;
// Uploads at one time.
const UPLOADS = 3;

const jobs = [];
let chosen = [];
let uploads = 0;
const waiting = [];

class Deck {
  constructor({ file, path, storage }) {
    this.file = file;
    this.path = path;
    this.storage = storage;
    this.name = file ? file.name : path.split('/').pop();
    this.seen = new Map();
    this.onPicture = null;
    this.leave = new AbortController();
  }

  picture(slide, source) {
    this.seen.set(slide, source);
    if (this.onPicture) this.onPicture(slide, source);
  }

  ask(slides, password, signal) {
    const missing = slides.filter((slide) => !this.seen.has(slide));
    const onPicture = (slide, source) => this.picture(slide, source);
    pictures({ file: this.file, password, slides: missing, signal, onPicture });
  }
}

function showChosen() {
  by('chosen').replaceChildren(...chosen.map((deck) => {
    const remove = make('button', { type: 'button', class: 'quiet', 'aria-label': `Remove ${deck.name}` }, 'Remove');
    remove.addEventListener('click', () => {
      deck.leave.abort();
      chosen = chosen.filter((other) => other !== deck);
      showChosen();
      by('decks').focus();
    });
    const cover = make('span', { class: 'cover' });
    const show = (slide, source) => {
      if (slide === 1) cover.replaceChildren(make('img', { src: source, alt: '' }));
    };
    deck.seen.forEach((source, slide) => show(slide, source));
    deck.onPicture = show;
    return make('li', {}, cover, make('span', { class: 'name' }, deck.name), make('span', { class: 'help' }, deck.file ? bytes(deck.file.size) : 'in the storage'), remove);
  }));
  const count = chosen.length;
  by('convert-button').textContent = count > 1 ? `Convert ${plural(count, 'presentation')}` : 'Convert';
}

function choose(decks) {
  for (const deck of decks) {
    chosen.push(deck);
    if (deck.file && chosen.length <= COVERS) deck.ask([1], '', deck.leave.signal);
  }
  by('convert-error').textContent = '';
  showChosen();
  say(`${plural(chosen.length, 'presentation')} chosen`);
}

const ofFiles = (files) => [...files].map((file) => new Deck({ file }));

// A deck of the storage, chosen there.
export function chooseStored(path, storage) {
  choose([new Deck({ path, storage })]);
  location.hash = '#convert';
}

// One deck on its way to one result.
class Job {
  constructor(deck, { format, slides, password, options }) {
    Object.assign(this, { deck, format, slides, password, options });
    this.drawn = false;
    this.card = new Card({ again: (secret) => this.restart(secret), abort: () => this.upload && this.upload.abort() });
    deck.onPicture = (slide, source) => this.card.picture(slide, source);
    deck.seen.forEach((source, slide) => this.card.picture(slide, source));
    this.begin();
  }

  show(status, more) {
    const error = more && more.error;
    const operation = { id: '', method: 'Convert', status, error };
    this.entry = { operation, documents: [this.deck.name], format: this.format, ...more };
    this.card.update(this.entry);
  }

  begin() {
    this.id = '';
    this.show('Uploading');
    waiting.push(this);
    next();
  }

  async run() {
    const { deck } = this;
    this.upload = new AbortController();
    const query = new URLSearchParams();
    if (this.slides.length) query.set('slides', this.slides.join(','));
    const headers = { password: this.password };
    let path;
    let body;
    if (deck.file) {
      path = `${API}/async/convert/${this.format}`;
      body = new FormData();
      if (this.options) body.append('options', new Blob([JSON.stringify(this.options)], { type: 'application/json' }));
      body.append('document', deck.file, deck.name);
    } else {
      const folder = deck.path.split('/').slice(0, -1).join('/');
      path = `${API}/async/${segments(deck.name)}/${this.format}`;
      if (folder) query.set('folder', folder);
      if (deck.storage) query.set('storage', deck.storage);
      body = this.options ? JSON.stringify(this.options) : undefined;
      if (body) headers['Content-Type'] = 'application/json';
    }
    try {
      const progress = (sent, total) => this.show('Uploading', { sent: total ? sent / total : 0 });
      const id = await send('POST', `${path}?${query}`, { headers, body, progress, signal: this.upload.signal });
      this.id = id.trim();
      this.show('Created');
      want(this.id);
    } catch (error) {
      if (error.name === 'AbortError') this.show('Canceled');
      else this.show('Refused', { error: { message: error.message } });
    }
  }

  follow() {
    const entry = this.id && entryOf(this.id);
    if (!entry) return;
    const named = entry.documents && entry.documents.length;
    this.card.update(named ? entry : { ...entry, documents: [this.deck.name], format: this.format });
    const { progress } = entry.operation;
    const steps = progress ? progress.stepCount : 0;
    if (!this.drawn && steps > 0 && entry.operation.status !== 'Failed') {
      this.drawn = true;
      const all = this.slides.length ? this.slides : Array.from({ length: steps }, (_, index) => index + 1);
      this.deck.ask([...new Set(all)].slice(0, SHOWN), this.password);
    }
  }

  // The server has the documents of what failed; with another password, or where it has not, they are sent again.
  async restart(secret) {
    const entry = this.id && entryOf(this.id);
    if (secret) this.password = secret;
    if (entry && entry.canRetry && !secret) {
      const answer = await call(`/operations/${this.id}/retry`, { method: 'POST' });
      this.id = (await answer.text()).trim();
      this.show('Created');
      want(this.id);
    } else {
      this.begin();
    }
  }
}

async function next() {
  if (uploads >= UPLOADS || !waiting.length) return;
  uploads += 1;
  await waiting.shift().run();
  uploads -= 1;
  next();
}

function start(event) {
  event.preventDefault();
  const error = by('convert-error');
  error.textContent = '';
  if (!chosen.length) {
    error.textContent = 'Choose a presentation first.';
    by('decks').focus();
    return;
  }
  const format = by('format').value;
  let slides;
  try {
    slides = readSlides(by('slides').value);
  } catch (problem) {
    error.textContent = problem.message;
    by('slides').focus();
    return;
  }
  const options = readOptions(format, by('options'));
  const password = by('password').value;
  for (const deck of chosen) {
    const job = new Job(deck, { format, slides, password, options });
    jobs.unshift(job);
    by('jobs').prepend(job.card.element);
  }
  say(`${plural(chosen.length, 'conversion')} started`);
  by('jobs-title').hidden = false;
  chosen = [];
  showChosen();
}

export function setUp() {
  fillFormats(by('format'));
  const options = () => {
    by('more').hidden = showOptions(by('format').value, by('options')) === 0;
  };
  by('format').addEventListener('change', options);
  options();
  by('convert-form').addEventListener('submit', start);
  by('decks').addEventListener('change', (event) => {
    choose(ofFiles(event.target.files));
    event.target.value = '';
  });
  const drop = by('drop');
  // Anywhere on the page, so that a near miss does not open the file instead of the page.
  let depth = 0;
  const over = (on) => drop.classList.toggle('over', on);
  addEventListener('dragenter', () => over((depth += 1) > 0));
  addEventListener('dragleave', () => over((depth -= 1) > 0));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    depth = 0;
    over(false);
    if (event.dataTransfer && event.dataTransfer.files.length && !by('convert').hidden) choose(ofFiles(event.dataTransfer.files));
  });
  watch(() => jobs.forEach((job) => job.follow()));
  addEventListener('beforeunload', (event) => {
    // What was accepted goes on by itself; what is on its way does not.
    if (uploads) event.preventDefault();
  });
}
