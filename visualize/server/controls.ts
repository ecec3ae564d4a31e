import { restart } from '../../src/ctl/orders/restart.js';
import { start, stop } from '../../src/ctl/orders/wanted.js';
import type { Places } from '../../src/ctl/places.js';
import { ColonyError } from '../../src/errors.js';

const orders: Readonly<Record<string, (places: Places, name: string) => string | void>> = { restart, stop, start };

/** What became of an order: the status of an HTTP answer, and its body. */
export interface Ordered {
  readonly status: number;
  readonly body: unknown;
}

/** Does what `ctl restart`, `stop` or `start` do: writes their files, and no more. Never throws a `ColonyError`. */
export function order(places: Places, name: string, word: string): Ordered {
  const action = Object.hasOwn(orders, word) ? orders[word] : undefined;
  if (action === undefined) return { status: 404, body: { error: { code: 'EUSAGE', message: 'no such order' } } };
  try {
    return { status: 202, body: { message: action(places, name) ?? null } };
  } catch (error) {
    if (!(error instanceof ColonyError)) throw error;
    const status = error.code === 'EUNKNOWN' || error.code === 'ENAME' ? 404 : 409;
    return { status, body: { error: { code: error.code, message: error.message } } };
  }
}
