import type { Logger } from 'pino';
import type { Cause, Exit, Fact } from '../../machines/index.js';

/** Turns facts into log lines: the only place that words them. No environment value is in any fact. */
export function narrate(logger: Logger, fact: Fact): void {
  switch (fact.type) {
    case 'program.starting':
      return logger.debug(fact, `${fact.name}: starting (${why(fact)})`);
    case 'program.started':
      return logger.info(fact, `${fact.name}: started, pid ${fact.pid}`);
    case 'program.running':
      return logger.debug(fact, `${fact.name}: running`);
    case 'program.died':
      return logger.info(fact, `${fact.name}: ${worded(fact.exit)}${outliving(fact.stragglers)}`);
    case 'program.failed':
      return logger.error(fact, `${fact.name}: cannot be started: ${fact.error.message} (${fact.error.code})`);
    case 'program.backing-off':
      return logger.warn(fact, `${fact.name}: backs off, next start in ${fact.delay / 1000} s`);
    case 'program.killing':
      return logger.info(
        fact,
        `${fact.name}: sent ${fact.signal} (${why(fact)}), SIGKILL in ${fact.killtime / 1000} s`,
      );
    case 'program.lingering':
      return logger.info(fact, `${fact.name}: its stop waits for pid ${fact.pids.join(', ')}`);
    case 'program.killed':
      return logger.warn(fact, `${fact.name}: sent SIGKILL`);
    case 'program.stuck':
      return logger.error(fact, `${fact.name}: ${fact.error.message}`);
    case 'program.stopped':
      return logger.info(fact, `${fact.name}: stopped (${why(fact)})`);
    case 'program.defect':
      return logger.error(fact, `${fact.name}: a defect of the monitor, it is brought back: ${fact.error.message}`);

    case 'config.added':
      return logger.info(
        fact,
        `added ${fact.names.length > 10 ? `${fact.names.length} programs` : fact.names.join(', ')}`,
      );
    case 'config.changed':
      return logger.info(fact, `${fact.name}: its file changed: ${fact.keys.join(', ')}`);
    case 'config.removed':
      return logger.info(fact, `${fact.name}: its file is gone`);
    case 'config.rejected': {
      const kept = fact.running ? '; its last good version stays in force' : '';
      return logger.error(fact, `${fact.name}: bad file: ${fact.error.message} (${fact.error.code})${kept}`);
    }
    case 'config.healed':
      return logger.info(fact, `${fact.name}: its file is good again`);
    case 'config.warned':
      return logger.warn(fact, `${fact.name}: ${fact.warning}`);

    case 'message.judged': {
      const { type = 'unknown', name } = { name: undefined, ...fact.message };
      const what = name === undefined ? `message ${type}` : `message ${type} for ${name}`;
      if (fact.outcome.kind === 'obeyed') return logger.info(fact, `${what}: obeyed`);
      return logger.warn(fact, `${what}: ${fact.outcome.kind}: ${fact.outcome.error.message}`);
    }

    case 'directory.lost':
      return logger.error(fact, `${fact.path}: cannot be read, what was in it stays in force: ${fact.error.message}`);
    case 'directory.found':
      return logger.info(fact, `${fact.path}: can be read again`);
    case 'directory.unwatched':
      return logger.warn(fact, `${fact.path}: cannot be watched, it is scanned only: ${fact.error.message}`);

    case 'supervisor.rescanned':
      return logger.info(fact, 'rescanning, log files are opened anew');
    case 'supervisor.gave-up':
      return logger.error(fact, `gives up: ${fact.error.message}`);
    case 'supervisor.stopping':
      return logger.info(fact, 'stopping all programs');
    case 'supervisor.stopped':
      if (fact.left.length === 0) return logger.info(fact, 'all programs are stopped');
      return logger.error(fact, `these could not be stopped: ${fact.left.join(', ')}`);
  }
}

function worded({ code, signal }: Exit): string {
  return signal === null ? `exited with code ${code}` : `ended by ${signal}`;
}

function outliving(pids: readonly number[]): string {
  return pids.length === 0 ? '' : `, outlived by pid ${pids.join(', ')}`;
}

/** A cause in words. */
function why({ because, by, keys }: Cause): string {
  switch (because) {
    case 'program.configure':
      return keys === undefined ? 'its file says so' : `its file changed: ${keys.join(', ')}`;
    case 'program.restart':
    case 'program.start':
      return by === undefined ? 'asked for' : `asked for by message ${by}`;
    case 'program.stop':
      return by ?? 'asked for';
    case 'program.reap':
      return 'left by an earlier monitor';
    case 'process.exited':
      return 'its process died';
    case 'process.failed':
      return 'it could not be started';
    case 'process.gone':
      return by ?? 'nothing of it is left';
    default:
      return because.startsWith('xstate.after.') ? 'its delay is over' : because;
  }
}
