import type { ProgramCommand } from './program-context.js';
import { unknownProgram, type ProgramSpec } from './program-spec.js';

/** A program that has just been given its actor. */
export interface Newcomer {
  readonly name: string;
  /** What its actor was made with. */
  readonly admitted: ProgramSpec;
  /** What its file says by now; `undefined`: it has none. */
  readonly spec: ProgramSpec | undefined;
  /** Whether processes may run under its name. */
  readonly wasLeft: boolean;
}

const configure = (spec: ProgramSpec): ProgramCommand => ({ type: 'program.configure', spec });

/** What is left may be gone at once, and then nothing may be started: wanted down first. */
const reapForGood = ({ name, spec }: Newcomer): ProgramCommand[] => [
  configure({ ...(spec ?? unknownProgram(name)), wanted: 'down' }),
  { type: 'program.reap' },
];

/** What a newcomer is told, by what holds now and not by what held when its actor was asked for. */
export function firstOrders(newcomer: Newcomer): readonly ProgramCommand[] {
  const { admitted, spec, wasLeft } = newcomer;
  if (wasLeft && spec === admitted) return [{ type: 'program.reap' }];
  if (wasLeft) return [...reapForGood(newcomer), ...(spec ? [configure(spec)] : [])];
  return [spec ? configure(spec) : { type: 'program.stop', by: 'removed' }];
}

/** What a newcomer is told while everything is being stopped. */
export function lastOrders(newcomer: Newcomer, isHurried: boolean): readonly ProgramCommand[] {
  return [
    ...(newcomer.wasLeft ? reapForGood(newcomer) : []),
    { type: 'program.stop', by: 'shutdown' },
    ...(isHurried ? [{ type: 'program.kill' } as const] : []),
  ];
}
