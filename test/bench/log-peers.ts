import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Flood, sizeOf, type LogThroughput } from './log-throughput.js';

/** What is compared with: a logger of one pipe each, or a supervisor that writes the files itself. */
export type LogPeer = 's6-log' | 'supervisord';

/** The same as `logsThroughput` for a peer, without its memory; `undefined` where it is not installed. */
export async function peerThroughput(
  peer: LogPeer,
  programs: number,
  megabytes: number,
): Promise<Omit<LogThroughput, 'peakRssMegabytes'> | undefined> {
  if (!existsSync(`/usr/bin/${peer}`)) return undefined;
  const scratch = mkdtempSync('/dev/shm/ncolony-bench-peer-');
  const flood = new Flood(scratch, megabytes);
  const names = Array.from({ length: programs }, (_, index) => `p${index}`);
  const { files, children } = peer === 's6-log' ? startLoggers(scratch, flood, names) : startOne(scratch, flood, names);
  try {
    const cpu = () => children.reduce((sum, { pid = 0 }) => sum + cpuOf(pid), 0);
    const isDone = () => files.every((file) => bytesOf(file) === flood.bytes);
    const { seconds, cpuSeconds } = await flood.time(programs, cpu, isDone);
    return { megabytesPerSecond: (programs * flood.bytes) / 1_000_000 / seconds, cpuSeconds };
  } finally {
    const ends = children.map((child) => once(child, 'exit'));
    for (const { pid = 0 } of children) process.kill(peer === 's6-log' ? -pid : pid, 'SIGTERM');
    await Promise.all(ends);
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Started {
  readonly files: readonly string[];
  readonly children: readonly ChildProcess[];
}

/** Each logger leads a group, in which its program is. */
function startLoggers(scratch: string, { args }: Flood, names: readonly string[]): Started {
  const children = names.map((name) => {
    const script = `exec s6-log n3 s268435455 ${join(scratch, name)}`;
    const words = ['-c', `exec < <(exec "$@"); ${script}`, 'bash', ...args];
    return spawn('/bin/bash', words, { detached: true, stdio: 'ignore' });
  });
  return { children, files: names.map((name) => join(scratch, name)) };
}

function startOne(scratch: string, { args }: Flood, names: readonly string[]): Started {
  const config = join(scratch, 'supervisord.conf');
  const logs = join(scratch, 'logs');
  mkdirSync(logs);
  const script = args.at(-1)?.replaceAll('%', '%%') ?? '';
  const programs = names.map(
    (name) => `[program:${name}]
command=/bin/sh -c "${script}"
stdout_logfile=${join(logs, name)}
stdout_logfile_maxbytes=0`,
  );
  const head = `[supervisord]
nodaemon=true
logfile=${join(scratch, 'supervisord.log')}
pidfile=${join(scratch, 'supervisord.pid')}`;
  writeFileSync(config, [head, ...programs, ''].join('\n'));
  const child = spawn('/usr/bin/supervisord', ['-c', config], { stdio: 'ignore' });
  return { children: [child], files: names.map((name) => join(logs, name)) };
}

/** Of a file, or of all in a directory: s6-log begins a new one at 256 MiB. */
function bytesOf(path: string): number {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return sizeOf(path);
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
