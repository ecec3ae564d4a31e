import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { goalRows, goalsOf } from './goals.js';
import { growthOf } from './growth.js';
import { Measurements } from './measurements.js';
import { benchOptions, type BenchOptions } from './options.js';
import type { Peer } from './peer.js';
import { bareLoop } from './peers/bare-loop.js';
import { ncolony } from './peers/ncolony.js';
import { pm2 } from './peers/pm2.js';
import { runit } from './peers/runit.js';
import { s6 } from './peers/s6.js';
import { supervisord } from './peers/supervisord.js';
import { commands } from './rows/commands.js';
import { crashStorm } from './rows/crash-storm.js';
import { bringUps, crowd, emptiness } from './rows/crowd.js';
import { duringBringUp } from './rows/during-bring-up.js';
import { grandchild } from './rows/grandchild.js';
import { killedSupervisor } from './rows/killed-supervisor.js';
import { logs } from './rows/logs.js';
import { lookedAt } from './rows/looked-at.js';
import { loneReactions } from './rows/reactions.js';
import { peerRows, table } from './table.js';
import { endAllTrials, mostDescriptors, tooMany } from './trial.js';

// Figures are compared with what was run beside them: absolute times say more about the machine than about ncolony.

/** Peers are compared with this many programs or fewer; beyond it, what counts is how ours grows. */
const largestCrowd = 1_000;

const kinds = ['native', 'node'] as const;
const others = [s6(false), s6(true), runit(false), runit(true), supervisord, pm2];

async function measure(options: BenchOptions, peers: readonly Peer[], crowdSize: number): Promise<Measurements> {
  const { rows, quick, counts } = options;
  const results = new Measurements();
  const each = async (what: string, of: readonly Peer[], work: (peer: Peer) => Promise<void>) => {
    for (const peer of of) await results.attempt(`${what}, ${peer.name}`, () => work(peer));
  };
  const most = quick ? 20 : 100;
  const budgetMs = quick ? 4_000 : 15_000;
  const wishes = {
    ...(rows.has('reactions') && { reactions: { most, budgetMs } }),
    ...(rows.has('idle') && { idleMs: quick ? 5_000 : 30_000 }),
  };
  const isCrowded = rows.has('reactions') || rows.has('idle');

  if (rows.has('bring-up')) await each('memory', peers, (peer) => emptiness(results, peer));
  for (const count of counts) {
    const reason = tooMany(count, options.direct ? 1 : mostDescriptors);
    if (reason !== undefined) {
      results.failures.push(reason);
      continue;
    }
    const of = count === crowdSize ? peers : [...own, bare];
    const rounds = quick || count > largestCrowd ? 1 : 3;
    if (rows.has('bring-up')) await bringUps(results, of, count, rounds);
    if (isCrowded) await each(`${count} programs`, of, (peer) => crowd(results, peer, count, wishes));
    if (!rows.has('during-bring-up')) continue;
    for (const kind of kinds) {
      await results.attempt(`${count} programs, ${kind}`, () => duringBringUp(results, kind, count, words));
    }
  }
  if (rows.has('reactions')) await each('reactions', peers, (peer) => loneReactions(results, peer, most, budgetMs));
  if (rows.has('commands')) await each('commands', peers, (peer) => commands(results, peer, quick ? 5 : 15));
  if (rows.has('storm')) await each('storm', peers, (peer) => crashStorm(results, peer, 200, quick ? 5_000 : 20_000));
  if (rows.has('killed')) await each('killed', peers, (peer) => killedSupervisor(results, peer));
  if (rows.has('grandchild')) await each('grandchild', peers, (peer) => grandchild(results, peer));
  if (rows.has('looked-at')) await results.attempt('looked at', () => lookedAt(results, quick ? 50 : 300));
  if (rows.has('logs')) await measureLogs(results, peers, each);
  return results;
}

/** Bytes into a file for each program, as all others do it; and line by line into the monitor's own log. */
async function measureLogs(
  results: Measurements,
  peers: readonly Peer[],
  each: (what: string, of: readonly Peer[], work: (peer: Peer) => Promise<void>) => Promise<void>,
): Promise<void> {
  const withLogs = [...kinds.map((kind) => ncolony(kind, { logs: true })), ...peers.slice(own.length)];
  for (const [programs, megabytes] of [
    [1, 300],
    [50, 6],
  ] as const) {
    await each('logs', withLogs, (peer) => logs(results, peer, programs, megabytes));
    await each('logs', [ncolony('native')], (peer) => logs(results, peer, programs, megabytes, ', tagged lines'));
  }
}

function isWanted(peer: Peer, { peers }: BenchOptions): boolean {
  return peers === undefined || peers.some((beginning) => peer.name.startsWith(beginning));
}

function wanted(): BenchOptions {
  try {
    return benchOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    return process.exit(2);
  }
}

const options = wanted();
const words = options.direct ? { logs: true, direct: true } : {};
const own = kinds.map((kind) => ncolony(kind, words));
const bare = bareLoop(undefined, options.direct);
const { counts } = options;
const crowdSize = counts.findLast((count) => count <= largestCrowd) ?? counts[0] ?? largestCrowd;
const versions = others.map((peer) => ({ peer, version: peer.version() }));
const installed = versions.filter(({ peer, version }) => version !== undefined && isWanted(peer, options));
const peers = [...own, bare, ...installed.map(({ peer }) => peer)];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endAllTrials().finally(() => process.exit(1)));
}

const results = await measure(options, peers, crowdSize);
const names = peers.map(({ name }) => name);
const goals = goalsOf(results, crowdSize, counts);
const growth = growthOf(results, names.slice(0, 3), counts);
const at = new Date().toISOString();
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };

process.stdout.write(`${at.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n`);
process.stdout.write(`${table(['', ...names], peerRows(results, names, crowdSize, counts))}\n`);
if (goals.length > 0) process.stdout.write(`${table(['goal', '', 'measured', ''], goalRows(goals))}\n`);
if (growth.length > 0) {
  const lines = growth.map(({ row, peer, figures, exponent }) => [`${row}, ${peer}`, ...figures, exponent.toFixed(2)]);
  process.stdout.write(`${table(['grows with N', ...counts.map(String), 'N to the power of'], lines)}\n`);
}
for (const failure of results.failures) process.stdout.write(`${failure}\n`);

mkdirSync('.bench', { recursive: true });
const document = {
  version: 2,
  at,
  machine,
  peers: installed.map(({ peer, version }) => ({ name: peer.name, version })),
  measurements: results.all,
  goals,
  growth,
  failures: results.failures,
};
writeFileSync('.bench/results.json', `${JSON.stringify(document, null, 2)}\n`);
