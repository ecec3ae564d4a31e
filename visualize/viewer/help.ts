import { h } from './element.js';

const keys: readonly (readonly [string, string])[] = [
  ['/', 'filter the programs'],
  ['↓ ↑, j k', 'from program to program'],
  ['Enter', 'look at it'],
  ['Esc', 'back to all programs'],
  ['p', 'pause the messages'],
  ['1, 2', 'programs, actors'],
  ['?', 'this list'],
];

/** What the keys do. */
export function helpDialog(): HTMLDialogElement {
  const list = h(
    'dl',
    {},
    ...keys.map(([key, does]) => h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, does))),
  );
  const close = h('button', { type: 'submit' }, 'Close');
  const dialog = h(
    'dialog',
    { 'aria-label': 'Keys' },
    h('form', { method: 'dialog' }, h('h2', {}, 'Keys'), list, close),
  );
  document.body.append(dialog);
  return dialog;
}
