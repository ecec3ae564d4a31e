import type { Connection } from './connection.js';
import { h } from './element.js';
import type { Page } from './page.js';

/** Asks for the token. */
export function signIn(connection: Connection): Page {
  const field = h('input', { type: 'password', id: 'token', autocomplete: 'current-password', required: true });
  const refusal = h('p', { class: 'fault', role: 'alert', hidden: true });
  const submit = async (event: Event) => {
    event.preventDefault();
    refusal.hidden = true;
    const isRight = await connection.signIn(field.value.trim()).catch(() => undefined);
    refusal.hidden = isRight === true;
    refusal.textContent = isRight === false ? 'This is not the token.' : 'The monitor does not answer.';
  };
  const form = h(
    'form',
    { class: 'card sign-in', submit: (event) => void submit(event) },
    h('h1', {}, 'This monitor wants a token'),
    h('p', {}, 'It is in the file that was given as ', h('code', {}, '--http-token'), '.'),
    h('label', { for: 'token' }, 'Token'),
    field,
    h('button', { type: 'submit', class: 'primary' }, 'Look'),
    refusal,
  );
  return { element: form, title: 'Sign in', update: () => undefined };
}
