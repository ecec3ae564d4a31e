import { ActorsPage } from './actors-page.js';
import { Connection } from './connection.js';
import { mark, say } from './element.js';
import { helpDialog } from './help.js';
import type { Session } from '../live-protocol.js';
import { Model } from './model.js';
import { Overview } from './overview.js';
import type { House, Page, Source } from './page.js';
import { ProgramPage } from './program-page.js';
import { signIn } from './sign-in.js';
import { durationText, timeText } from './words.js';

const tickMs = 100;
const welcomeMs = 3_000;

const model = new Model();
const connection = new Connection(model);
let house: House = { model, source: connection };
const find = (id: string) => document.getElementById(id) as HTMLElement;
const [main, link, notice, foot] = ['main', 'link', 'notice', 'foot'].map(find) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
  HTMLElement,
];
const help = helpDialog();

let page: Page | undefined;
let wasLost = false;
let welcomeTimer: ReturnType<typeof setTimeout> | undefined;

function pageFor(hash: string): Page {
  if (model.link === 'denied') return signIn(connection);
  const [, encoded] = /^#\/program\/(.+)$/.exec(hash) ?? [];
  if (encoded !== undefined) return new ProgramPage(decoded(encoded), house);
  return hash === '#/actors' ? new ActorsPage(house) : new Overview(house);
}

function turn(): void {
  page?.close?.();
  page = pageFor(location.hash);
  main.replaceChildren(page.element);
  document.title = `${page.title} · ncolony`;
  for (const tab of document.querySelectorAll<HTMLElement>('[data-tab]')) {
    const isCurrent = (tab.dataset['tab'] === 'actors') === (location.hash === '#/actors');
    mark(tab, 'aria-current', isCurrent ? 'page' : null);
  }
  scrollTo(0, 0);
}

function drawLink(): void {
  mark(document.documentElement, 'data-link', model.link);
  mark(link, 'data-link', model.link);
  const words = {
    connecting: 'connecting',
    live: model.mode === 'live' && model.isStopping ? 'stopping' : model.mode,
    lost: 'no connection',
    denied: 'signed out',
  };
  say(link.lastElementChild ?? link, words[model.link]);
  clearTimeout(welcomeTimer);
  if (model.link === 'lost') {
    const since = model.heardAt === 0 ? '' : ` What you see is as it was at ${timeText(model.heardAt)}.`;
    tell('lost', `The connection to the monitor is lost.${since} Trying again…`);
  } else if (model.link === 'live' && wasLost) {
    tell('back', 'The connection is back: what you see is live.');
    welcomeTimer = setTimeout(drawLink, welcomeMs);
  } else if (model.isStopping && model.mode === 'live') tell('lost', 'The monitor is stopping all programs.');
  else notice.hidden = true;
  wasLost = model.link === 'lost';
}

function tell(kind: string, text: string): void {
  mark(notice, 'data-kind', kind);
  say(notice, text);
  notice.hidden = false;
}

function drawFoot(): void {
  const { monitor, now } = model;
  if (monitor === undefined) return;
  const up = durationText(now - Date.parse(monitor.since));
  say(
    foot,
    `ncolony ${monitor.version} · monitor ${monitor.pid}, up ${up} · ${model.programs.size} programs · ? for keys`,
  );
}

let shownLink = model.link;
model.listen((changes) => {
  if (changes.has('link')) drawLink();
  // Whoever signs in, or is signed out, sees another page.
  if ((shownLink === 'denied') !== (model.link === 'denied')) turn();
  shownLink = model.link;
  page?.update(changes);
});
setInterval(() => {
  if (document.hidden) return;
  page?.tick?.();
  drawFoot();
}, tickMs);
addEventListener('hashchange', turn);
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (page?.key?.(event)) return event.preventDefault();
  if (takesLetters(event.target)) return;
  if (event.key === '?') help.showModal();
  else if (event.key === '1') location.hash = '#/';
  else if (event.key === '2') location.hash = '#/actors';
});
turn();
drawLink();
void begin();

/** What somebody typed need not be an encoding of anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function takesLetters(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'range' && target.type !== 'checkbox';
  return target instanceof HTMLSelectElement;
}

/** Who serves this page says what for. */
async function begin(): Promise<void> {
  const session = await fetch('/session', { cache: 'no-store' }).catch(() => undefined);
  const { mode } = session?.ok ? ((await session.json()) as Session) : { mode: 'live' as const };
  if (mode === 'live') return connection.open();
  model.mode = mode;
  const source: Source & { readonly element: HTMLElement } =
    mode === 'replay'
      ? await (await import('./replay.js')).openReplay(model)
      : (await import('./playground.js')).openPlayground(model);
  house = { model, source };
  main.before(source.element);
  if (mode === 'playground' && location.hash === '') location.hash = '#/program/web';
  turn();
}
