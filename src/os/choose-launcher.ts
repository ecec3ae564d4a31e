import { ColonyError, messageOf } from '../errors.js';
import type { Launcher, SpawnKind } from './launcher.js';
import { NodeLauncher } from './node-launcher.js';

/**
 * The launcher that was asked for; when none was, the native one where it loads. `debug` is told why it does not, and
 * what it goes without. Rejects with `EHELPER` where the native one was asked for and does not load.
 */
export async function chooseLauncher(asked: SpawnKind | undefined, debug: (why: string) => void): Promise<Launcher> {
  if (asked === 'node') return new NodeLauncher();
  try {
    const { NativeLauncher } = await import('./native-launcher.js');
    return await NativeLauncher.load(debug);
  } catch (error) {
    const why = `--spawn native: the C library cannot be called (${messageOf(error)})`;
    if (asked === 'native') throw new ColonyError('EHELPER', why, { cause: error });
    debug(why);
    return new NodeLauncher();
  }
}
