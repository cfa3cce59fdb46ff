// How the server is, at a glance and in figures: from /readyz and /metrics, which ask for no token.
import { API, json } from './api.js';
import { by, bytes, make, seconds, write } from './dom.js';

const EVERY = 5000;
let timer;
let version = '';

// `slides_operations{status="Started"} 2.0` as a name and a number.
function read(text) {
  const figures = new Map();
  for (const line of text.split('\n')) {
    const found = /^slides_(\w+)(?:\{([^}]*)\})? ([-+.\de]+)$/.exec(line);
    if (!found) continue;
    const label = /(?:status)="(\w+)"/.exec(found[2] || '');
    figures.set(label ? `${found[1]} ${label[1]}` : found[1], Number(found[3]));
  }
  return figures;
}

function show(is, remarks, figures) {
  const number = (name) => figures.get(name) ?? 0;
  const running = number('operations_started');
  const waits = number('operations_enqueued');
  const workers = figures.get('workers');
  const glance = is ? `ready, ${running} running, ${waits} waiting` : 'not ready';
  write(by('glance'), glance);
  by('glance').dataset.ready = is;
  if (by('server').hidden) return;
  write(by('readiness'), is ? ['Ready for work.', ...remarks].join(' ') : `Not ready: ${remarks.join(' ')}`);
  by('readiness').dataset.ready = is;
  const disk = figures.get('disk_free_bytes');
  const oldest = figures.get('operations_oldest_wait_seconds');
  const rows = [
    ['Running', workers === undefined ? running : `${running} of ${workers} at a time`],
    ['Waiting', waits],
    ['Longest wait now', oldest ? seconds(oldest) : 'none'],
    ['A run takes', figures.has('operations_mean_run_seconds') ? seconds(number('operations_mean_run_seconds')) : 'not known yet'],
    ['Finished since the start', number('operations_finished_total')],
    ['Failed since the start', number('operations_failed_total')],
    ['Canceled since the start', number('operations_canceled_total')],
    ['Refused, the queue being full', number('operations_refused_total')],
    ['Kept results', number('operations Finished')],
    ['Free on the disk', disk === undefined ? 'not known' : bytes(disk)],
    ['Conversions shut in', number('sandbox') ? 'yes' : 'not completely'],
    ['Version', version || 'not known'],
  ];
  const shown = rows.map(([name, value]) => `${name}\t${value}`).join('\n');
  if (by('figures').dataset.shown === shown) return;
  by('figures').dataset.shown = shown;
  by('figures').replaceChildren(...rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, String(value)))));
}

export async function look() {
  clearTimeout(timer);
  if (!document.hidden) {
    try {
      const [ready, metrics] = await Promise.all([fetch('/readyz', { cache: 'no-store' }), fetch('/metrics', { cache: 'no-store' })]);
      const [, ...remarks] = ready.ok ? (await ready.text()).trim().split('\n') : ['', (await ready.text()).trim().replace(/^not ready: /, '')];
      show(ready.ok, remarks, read(await metrics.text()));
    } catch {
      show(false, ['it does not answer'], new Map());
    }
  }
  timer = setTimeout(look, EVERY);
}

export async function enter() {
  if (!version) {
    const info = await json(`${API}/info`).catch(() => ({}));
    version = info.version || '';
  }
  look();
}
