import { spawn, type ChildProcess } from 'node:child_process';

/** Seconds that Node alone takes to spawn as many processes with two pipes each: what every figure is compared with. */
export async function bareLoop(count: number): Promise<number> {
  const begin = performance.now();
  const children: ChildProcess[] = [];
  for (let index = 0; index < count; index++) {
    children.push(spawn('/bin/sleep', ['1000'], { env: {}, detached: true, stdio: ['pipe', 'pipe', 'pipe'] }));
  }
  const seconds = (performance.now() - begin) / 1000;
  const exits = children.map((child) => new Promise((resolve) => child.once('close', resolve)));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(exits);
  return seconds;
}
