import type { Command, Option } from 'commander';
import { spaceOf, type Candidate, type Space } from './spaces.js';

/** What can stand in the place of a word. */
export type Completion =
  { readonly kind: 'words'; readonly candidates: readonly Candidate[] } | { readonly kind: 'files' | 'directories' };

/** Defines what a word of the command line takes, where that is not done before the word is used. */
export type Load = (command: Command) => Promise<void>;

/**
 * What can stand in the place of the last of these words, which may be unfinished; the name of the command is not among
 * them. It is told from the definitions by which command lines are understood, so that it cannot drift from them.
 */
export async function completionOf(
  root: Command,
  load: Load,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Completion> {
  const reader = new Reader(root);
  for (const word of words.slice(0, -1)) {
    const entered = reader.read(word);
    if (entered !== undefined) await load(entered);
  }
  const current = words.at(-1) ?? '';
  const { prefix, space } = reader.placeOf(current, environment);
  if (!Array.isArray(space)) return { kind: space };
  const candidates = space
    .map(({ word, says }) => ({ word: prefix + word, says }))
    .filter(({ word }) => word.startsWith(current));
  return { kind: 'words', candidates };
}

const nothing: Space = [];

/** Reads a command line word after word, as commander does. */
class Reader {
  #command: Command;
  readonly #given: Record<string, string> = {};
  /** The option whose value comes next. */
  #pending: Option | undefined;
  #operands = 0;
  #isOptionsOver = false;

  constructor(root: Command) {
    this.#command = root;
  }

  /** Returns the command that begins with this word, if one does. */
  read(word: string): Command | undefined {
    if (this.#pending !== undefined) {
      this.#give(this.#pending, word);
      this.#pending = undefined;
    } else if (word === '--') {
      this.#isOptionsOver = true;
    } else if (this.#isOption(word)) {
      this.#readOption(word);
    } else {
      const command = this.#operands === 0 ? this.#command.commands.find((one) => one.name() === word) : undefined;
      if (command !== undefined) return (this.#command = command);
      this.#operands += 1;
    }
    return undefined;
  }

  /** What can stand where this word stands, and what of it stands before that. */
  placeOf(current: string, environment: NodeJS.ProcessEnv): { readonly prefix: string; readonly space: Space } {
    const values = (says: string, word: string) => spaceOf(says, word, this.#given, environment);
    if (this.#pending !== undefined) return { prefix: '', space: values(valueName(this.#pending), current) };

    const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
    if (flag !== undefined && this.#isOption(current)) {
      const option = this.#optionOf(flag);
      return { prefix: `${flag}=`, space: option === undefined ? nothing : values(valueName(option), value ?? '') };
    }
    const help = this.#command.createHelp();
    if (this.#isOption(current) || current === '-') {
      const options = help.visibleOptions(this.#command);
      const space = options.map(({ long, short, description }) => ({ word: long ?? short ?? '', says: description }));
      return { prefix: '', space };
    }
    const commands = help.visibleCommands(this.#command);
    if (commands.length > 0) {
      const space = commands.map((one) => ({ word: one.name(), says: one.description() }));
      return { prefix: '', space: this.#operands === 0 ? space : nothing };
    }
    const last = this.#command.registeredArguments.at(-1);
    const argument = this.#command.registeredArguments[this.#operands] ?? (last?.variadic ? last : undefined);
    return { prefix: '', space: argument === undefined ? nothing : values(argument.name(), current) };
  }

  #isOption(word: string): boolean {
    return !this.#isOptionsOver && word.length > 1 && word.startsWith('-');
  }

  #readOption(word: string): void {
    const [, flag = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const option = this.#optionOf(flag);
    // Not of `-t5`, which has its value.
    if (option?.required && value === undefined) this.#pending = option;
    if (option !== undefined && value !== undefined) this.#give(option, value);
  }

  #give(option: Option, value: string): void {
    this.#given[option.attributeName()] = value;
  }

  #optionOf(flag: string): Option | undefined {
    return this.#command.options.find(({ long, short }) => long === flag || short === flag);
  }
}

/** `dir` of `--home <dir>`. */
const valueName = ({ flags }: Option) => /[<[](.+?)(?:\.\.\.)?[\]>]$/.exec(flags)?.[1] ?? '';
