import type { CallbackActorLogic } from 'xstate';
import type { ConfigScan, ConfigSynced, DirectoryNews, Wanted } from '../../machines/index.js';
import { expectSame, expectThat, type ContractCase } from './contract.js';
import { Stage, type Time } from './stage.js';

/** What a source of programs can be made to say; the names are those of programs. */
export interface SourceUnderTest extends Time {
  readonly config: CallbackActorLogic<ConfigScan>;
  /** Puts a program there, in place of the one of that name. */
  readonly put: (name: string, args: readonly string[], wanted: Wanted) => void;
  readonly remove: (name: string) => void;
  /** Makes what is said of a program bad. Absent where a source cannot be wrong. */
  readonly spoil?: (name: string) => void;
}

type SourceStage = Stage<ConfigScan, ConfigSynced | DirectoryNews>;

/** A source need not tell by itself in less than this, ms. */
const soonMs = 200;

/**
 * What every `config` actor has to keep, wherever its programs come from: a case each, for any runner of tests. `open`
 * makes a new, empty one for each case, and `close` puts it away.
 */
export function configContract(
  open: () => SourceUnderTest | Promise<SourceUnderTest>,
  close: (tested: SourceUnderTest) => void | Promise<void> = () => {},
): readonly ContractCase[] {
  const withSource = (
    title: string,
    run: (source: SourceUnderTest, begin: () => SourceStage) => Promise<void>,
  ): ContractCase => ({
    title,
    run: async () => {
      const source = await open();
      let stage: SourceStage | undefined;
      try {
        await run(source, () => {
          stage = new Stage<ConfigScan, ConfigSynced | DirectoryNews>(source.config, undefined, source);
          return stage;
        });
      } finally {
        stage?.leave();
        await close(source);
      }
    },
  });

  return [
    withSource('tells at its start of all that is there', async (source, begin) => {
      source.put('web', ['serve'], 'up');
      source.put('old', ['rest'], 'down');
      const stage = begin();
      await stage.until(() => found(stage, 'added').length === 2, 'two programs');
      const specs = found(stage, 'added')
        .map(({ name, args, wanted }) => [name, args, wanted])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      expectSame(
        specs,
        [
          ['old', ['rest'], 'down'],
          ['web', ['serve'], 'up'],
        ],
        'programs',
      );
    }),
    withSource('answers a scan with a ticket that is not lower, though nothing is new', async (_source, begin) => {
      const stage = begin();
      await answered(stage, 7, 'all');
      await answered(stage, 8, ['nobody']);
      expectSame(found(stage, 'added'), [], 'programs');
    }),
    withSource('tells, before it answers a scan, of what was there before it was asked', async (source, begin) => {
      const stage = begin();
      await answered(stage, 1, 'all');
      source.put('web', ['serve'], 'up');
      await answered(stage, 2, ['web']);
      expectSame(
        found(stage, 'added').map(({ name }) => name),
        ['web'],
        'added',
      );
      source.put('web', ['serve', '--fast'], 'up');
      await answered(stage, 3, 'all');
      const [change, ...more] = found(stage, 'changed');
      expectSame([change?.spec.name, change?.spec.args, more.length], ['web', ['serve', '--fast'], 0], 'changed');
      expectThat(change?.spec.revision !== found(stage, 'added')[0]?.revision, 'another content is another revision');
      source.remove('web');
      await answered(stage, 4, 'all');
      expectSame(found(stage, 'removed'), ['web'], 'removed');
    }),
    withSource('tells of a change by itself, in good time', async (source, begin) => {
      const stage = begin();
      await answered(stage, 1, 'all');
      source.put('web', ['serve'], 'up');
      await stage.pass(soonMs);
      await stage.until(() => found(stage, 'added').length > 0, 'added');
    }),
    withSource('tells of everything once', async (source, begin) => {
      source.put('web', ['serve'], 'up');
      const stage = begin();
      for (const ticket of [1, 2, 3]) await answered(stage, ticket, 'all');
      expectSame(found(stage, 'added').length, 1, 'times that it was added');
    }),
    withSource('does not tell of the same said again', async (source, begin) => {
      source.put('web', ['serve'], 'up');
      const stage = begin();
      await answered(stage, 1, 'all');
      source.put('web', ['serve'], 'up');
      await answered(stage, 2, 'all');
      expectSame(found(stage, 'changed'), [], 'changed');
    }),
    withSource('keeps the revision of a program of which only `wanted` changes', async (source, begin) => {
      source.put('web', ['serve'], 'up');
      const stage = begin();
      await answered(stage, 1, 'all');
      source.put('web', ['serve'], 'down');
      await answered(stage, 2, 'all');
      const [change] = found(stage, 'changed');
      expectSame(change?.spec.wanted, 'down', 'wanted');
      expectSame(change?.spec.revision, found(stage, 'added')[0]?.revision, 'revision');
    }),
    withSource('rejects what is bad, keeps what was good, and tells when it is good again', async (source, begin) => {
      if (source.spoil === undefined) return;
      source.put('web', ['serve'], 'up');
      const stage = begin();
      await answered(stage, 1, 'all');
      source.spoil('web');
      await stage.until(() => found(stage, 'rejected').length > 0, 'rejected');
      expectSame(
        found(stage, 'rejected').map(({ name }) => name),
        ['web'],
        'rejected',
      );
      expectSame(found(stage, 'removed'), [], 'removed');
      source.put('web', ['serve'], 'up');
      await answered(stage, 2, 'all');
      expectSame(found(stage, 'healed'), ['web'], 'healed');
    }),
    withSource('tells nothing any more when it is stopped', async (source, begin) => {
      const stage = begin();
      await answered(stage, 1, 'all');
      stage.leave();
      const told = stage.events.length;
      source.put('web', ['serve'], 'up');
      await stage.pass(soonMs);
      expectSame(stage.events.length, told, 'events');
    }),
  ];
}

type Finding = 'added' | 'changed' | 'removed' | 'rejected' | 'healed';

function found<K extends Finding>(stage: SourceStage, what: K): ConfigSynced[K][number][] {
  return stage.of('config.synced').flatMap((synced) => synced[what] as ConfigSynced[K][number][]);
}

async function answered(stage: SourceStage, ticket: number, names: ConfigScan['names']): Promise<void> {
  stage.tell({ type: 'config.scan', ticket, names });
  const isAnswered = () => stage.of('config.synced').some((synced) => synced.ticket >= ticket);
  await stage.until(isAnswered, `an answer to scan ${ticket}`);
}
