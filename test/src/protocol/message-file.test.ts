import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../src/protocol/message-file.js';

const parse = (text: string) => parseMessage(Buffer.from(text));

describe('a message', () => {
  it.each([
    ['{"type": "RESTART", "name": "web"}', { type: 'RESTART', name: 'web' }],
    ['{"type": "RESTART-ALL"}', { type: 'RESTART-ALL' }],
    ['{"type": "RESTART-GROUP", "group": "workers"}', { type: 'RESTART-GROUP', group: 'workers' }],
    ['{"type": "START", "name": "web"}', { type: 'START', name: 'web' }],
    ['{"type": "SIGNAL", "name": "web", "signal": "hup"}', { type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }],
  ])('%s is understood', (text, message) => {
    expect(parse(text)).toEqual({ ok: true, message });
  });

  it('may say more than is understood', () => {
    expect(parse('{"type":"RESTART","name":"web","by":"me"}')).toEqual({
      ok: true,
      message: { type: 'RESTART', name: 'web' },
    });
  });

  it.each([
    ['null', 'not a message'],
    ['[]', 'not a message'],
    ['{}', 'type: not a type of message that ncolony knows'],
    ['{"type":"STOP-THE-WORLD"}', 'type: not a type of message that ncolony knows'],
    ['{"type":"RESTART"}', 'name: expected string, received nothing'],
    ['{"type":"RESTART-GROUP","group":5}', 'group: expected string, received number'],
    ['{"type":"SIGNAL","name":"web","signal":"SIGNONSENSE"}', 'signal: not the name of a signal'],
  ])('%s is none: %s', (text, message) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { code: 'EMESSAGE', message }, unfinished: false });
  });

  it.each([
    ['', 'EEMPTY', true],
    ['RESTART web', 'ESYNTAX', true],
    [`{"type":"RESTART","name":"${'x'.repeat(65_536)}"}`, 'ESIZE', false],
  ])('%.20j is none: %s', (text, code, unfinished) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { code }, unfinished });
  });

  it('that is none is known by type and name, and by nothing else of it', () => {
    expect(parse('{"type":"RSTART","name":"web","token":"s3cret"}')).toEqual({
      ok: false,
      unfinished: false,
      type: 'RSTART',
      name: 'web',
      error: { code: 'EMESSAGE', message: 'type: not a type of message that ncolony knows' },
    });
  });

  it('never makes the parser throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(parse(text)).toHaveProperty('ok');
      }),
    );
  });
});
