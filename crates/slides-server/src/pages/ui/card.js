// One operation as a card: where it stands, what came of it, and what can be done with it.
import { API, call, save } from './api.js';
import { bytes, make, plural, say, seconds, time, write } from './dom.js';
import { soon, want } from './follow.js';
import { formatName } from './formats.js';

const WORDS = {
  Uploading: 'Uploading', Created: 'Waiting', Enqueued: 'Waiting', Started: 'Running',
  Finished: 'Finished', Failed: 'Failed', Canceled: 'Canceled', Refused: 'Not accepted',
};
const ENDS = ['Finished', 'Failed', 'Canceled', 'Refused'];
let count = 0;

export function titleOf(entry) {
  const names = (entry.documents || []).map((name) => name.split('/').pop());
  const { method } = entry.operation;
  const what = names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ');
  const verb = /Merge/.test(method) ? 'Merge' : /Split/.test(method) ? 'Split' : 'Presentation';
  const title = what ? (verb === 'Presentation' ? what : `${verb} ${what}`) : verb;
  return entry.format ? `${title} → ${formatName(entry.format)}` : title;
}

// What is under way, in words.
function stateOf(entry) {
  const { status, progress } = entry.operation;
  const steps = progress && progress.stepCount > 0 ? progress : null;
  if (status === 'Uploading') return entry.sent === undefined ? '' : `${Math.round(entry.sent * 100)} %`;
  if (entry.cancelRequested && status === 'Started') return 'being canceled';
  if (status === 'Enqueued' && entry.place) return entry.place === 1 ? 'next in the queue' : `place ${entry.place} in the queue`;
  if (status === 'Started' && steps) return `${steps.stepIndex} of ${plural(steps.stepCount, 'slide')}`;
  if (status === 'Finished' && entry.result) return `${entry.result.fileName}, ${bytes(entry.result.size)}`;
  if (status === 'Finished' && entry.savedTo) return `saved to the storage: ${entry.savedTo}`;
  return '';
}

function timeline(entry) {
  const { operation } = entry;
  const end = operation.finished || operation.failed || operation.canceled;
  const steps = [
    ['Created', operation.created], ['Enqueued', entry.enqueued], ['Started', operation.started],
    ['Finished', operation.finished], ['Failed', operation.failed], ['Canceled', operation.canceled],
  ].filter(([, at]) => at);
  const items = steps.map(([name, at]) => make('li', {}, make('span', { class: 'what' }, name), ' ', time(at)));
  const facts = [];
  if (operation.started && end) facts.push(['Ran for', seconds((new Date(end) - new Date(operation.started)) / 1000)]);
  if (entry.slides && entry.slides.length) facts.push(['Slides', entry.slides.join(', ')]);
  if (entry.size) facts.push(['Uploaded', bytes(entry.size)]);
  if (entry.expires) facts.push(['Kept until', time(entry.expires)]);
  facts.push(['Id', make('code', {}, operation.id)]);
  return [
    make('ol', { class: 'timeline' }, ...items),
    make('dl', { class: 'facts' }, ...facts.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value)))),
  ];
}

export class Card {
  // `again` starts the operation anew from what the page still has; `abort` breaks an upload off.
  constructor({ again, abort } = {}) {
    this.again = again;
    this.abort = abort;
    this.shown = '';
    this.status = '';
    const number = count += 1;
    this.title = make('h3', { id: `card-${number}` });
    this.word = make('strong', {});
    this.text = make('span', {});
    this.bar = make('progress', { max: 1, 'aria-labelledby': `card-${number}`, hidden: true });
    this.pictures = make('ul', { class: 'pictures', 'aria-label': 'Pictures of the slides', hidden: true, tabIndex: 0 });
    this.error = make('p', { class: 'wrong', hidden: true });
    this.secret = make('input', { id: `secret-${number}`, type: 'password', autocomplete: 'off' });
    this.locked = make('p', { class: 'field', hidden: true }, make('label', { htmlFor: `secret-${number}` }, 'Password'), ' ', this.secret);
    this.warned = make('summary', {});
    this.warnings = make('ul', {});
    this.warningBox = make('details', { class: 'warnings', hidden: true }, this.warned, this.warnings);
    this.details = make('div', {});
    this.detailBox = make('details', { class: 'more' }, make('summary', {}, 'Details'), this.details);
    const button = (label, action, name) => {
      const made = make('button', { type: 'button', class: name || '', hidden: true, 'aria-describedby': `card-${number}` }, label);
      made.addEventListener('click', () => this.act(made, action));
      return made;
    };
    this.download = button('Download', () => save(`${API}/async/${this.id}/result`, this.entry.result.fileName), 'main');
    this.cancel = button('Cancel', () => this.stop());
    this.retry = button('Try again', () => this.restart());
    this.element = make('article', { class: 'card', 'aria-labelledby': `card-${number}` },
      this.title, make('p', { class: 'state' }, this.word, ' ', this.text), this.bar, this.pictures, this.error, this.locked,
      make('p', { class: 'actions' }, this.download, this.cancel, this.retry), this.warningBox, this.detailBox);
  }

  get id() {
    return this.entry.operation.id;
  }

  async act(button, action) {
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      this.fail(error.message);
    } finally {
      button.disabled = false;
    }
  }

  fail(message) {
    this.error.hidden = !message;
    write(this.error, message || '');
  }

  async stop() {
    if (this.entry.operation.status === 'Uploading') {
      this.abort();
      return;
    }
    await call(`${API}/async/${this.id}`, { method: 'DELETE' });
    say(`${titleOf(this.entry)}: cancel asked for`);
    soon();
  }

  async restart() {
    if (this.again) {
      await this.again(this.secret.value);
      return;
    }
    const id = (await (await call(`/operations/${this.id}/retry`, { method: 'POST' })).text()).trim();
    say(`${titleOf(this.entry)}: started again`);
    want(id);
  }

  // A picture of a slide, in the order of the slides.
  picture(slide, source) {
    const item = make('li', { value: slide }, make('img', { src: source, alt: `Slide ${slide}`, loading: 'lazy' }), make('span', { 'aria-hidden': 'true' }, String(slide)));
    item.dataset.slide = slide;
    const next = [...this.pictures.children].find((other) => Number(other.dataset.slide) >= slide);
    if (next && Number(next.dataset.slide) === slide) next.replaceWith(item);
    else this.pictures.insertBefore(item, next || null);
    this.pictures.hidden = false;
  }

  update(entry) {
    this.entry = entry;
    const text = JSON.stringify(entry);
    if (text === this.shown) return;
    this.shown = text;
    const { operation } = entry;
    const { status } = operation;
    this.element.dataset.status = status;
    write(this.title, titleOf(entry));
    write(this.word, WORDS[status] || status);
    write(this.text, stateOf(entry));
    this.showBar(entry);
    const error = operation.error;
    this.fail(error ? [error.message || error.code, error.description].filter(Boolean).join(' — ') : '');
    const isEnd = ENDS.includes(status);
    this.download.hidden = !(status === 'Finished' && entry.result);
    this.cancel.hidden = isEnd;
    this.retry.hidden = !(isEnd && (entry.canRetry || (this.again && status !== 'Finished')));
    write(this.retry, status === 'Finished' ? 'Run again' : 'Try again');
    this.locked.hidden = !(status === 'Failed' && this.again && error && /password/i.test(`${error.code} ${error.message}`));
    this.showWarnings(entry);
    this.detailBox.hidden = !operation.id;
    if (operation.id) this.details.replaceChildren(...timeline(entry));
    this.tell(entry, isEnd);
  }

  showBar({ operation: { status, progress }, sent }) {
    this.bar.hidden = ENDS.includes(status);
    if (status === 'Uploading' && sent !== undefined) this.bar.value = sent;
    else if (status === 'Started' && progress && progress.stepCount > 0) this.bar.value = progress.stepIndex / progress.stepCount;
    else this.bar.removeAttribute('value');
  }

  showWarnings({ warnings = [], warningCount = warnings.length }) {
    this.warningBox.hidden = !warningCount;
    if (!warningCount) return;
    write(this.warned, plural(warningCount, 'warning'));
    const more = warningCount - warnings.length;
    this.warnings.replaceChildren(...warnings.map((warning) => make('li', {}, warning)), ...(more > 0 ? [make('li', {}, `and ${more} more`)] : []));
  }

  // Says what those need to know who do not see the card: a new state, not each slide.
  tell(entry, isEnd) {
    const { status } = entry.operation;
    const news = this.status && status !== this.status;
    this.status = status;
    if (!news || !(isEnd || status === 'Started')) return;
    const error = entry.operation.error;
    say(`${titleOf(entry)}: ${WORDS[status] || status}${error && error.message ? `, ${error.message}` : ''}`);
  }
}

// Shows entries as cards in their order; cards stay what they are, so that nobody's focus is lost.
export class Cards {
  constructor(place, make_) {
    this.place = place;
    this.make = make_ || (() => new Card());
    this.cards = new Map();
  }

  show(list) {
    const wanted = new Set(list.map((entry) => entry.operation.id));
    for (const [id, card] of this.cards) {
      if (!wanted.has(id)) {
        card.element.remove();
        this.cards.delete(id);
      }
    }
    let at = this.place.firstElementChild;
    for (const entry of list) {
      const { id } = entry.operation;
      let card = this.cards.get(id);
      if (!card) {
        card = this.make(entry);
        this.cards.set(id, card);
      }
      card.update(entry);
      if (card.element === at) at = at.nextElementSibling;
      else this.place.insertBefore(card.element, at);
    }
  }
}
