import { describe, expect, test } from 'vitest'
import { escapeControls, escapeLine } from './control-characters.ts'

describe('what a terminal could take for an instruction', () => {
  test.each([
    ['ESC', '\x1b[2J', '\\u001b[2J'],
    ['the clipboard by OSC 52', '\x1b]52;c;ZWNobw==\x07', '\\u001b]52;c;ZWNobw==\\u0007'],
    ['CSI as one character', '\x9b2J', '\\u009b2J'],
    ['carriage return', 'real\rfake', 'real\\u000dfake'],
    ['backspace and DEL', 'a\b\x7f', 'a\\u0008\\u007f'],
    ['NUL', '\0', '\\u0000'],
    ['an override of direction', 'user\u202etxt.exe', 'user\\u202etxt.exe'],
    ['isolates and marks', '\u2066\u2069\u200e\u200f\u061c', '\\u2066\\u2069\\u200e\\u200f\\u061c'],
    ['line and paragraph separator', '\u2028\u2029', '\\u2028\\u2029'],
    ['an invisible mark of byte order', '\ufeff', '\\ufeff'],
    ['tag characters', '\u{e0041}', '\\udb40\\udc41'],
    ['half a pair', '\ud800', '\\ud800'],
  ])('%s is spelled out', (_what, text, shown) => {
    expect(escapeControls(text)).toBe(shown)
  })

  test('every code point is either shown as it is or spelled out, and JSON reads it back', () => {
    for (let code = 0; code < 0x11_0000; code += code < 0x3000 || (code >= 0xd7f0 && code < 0xe010) ? 1 : 97) {
      const json = JSON.stringify(String.fromCodePoint(code))
      expect(JSON.parse(escapeControls(json))).toBe(String.fromCodePoint(code))
    }
  })
})

test('lines, tabs, other scripts, joiners and emoji stay', () => {
  const text = 'a\n\tb é 漢 नमस्\u200dते می\u200cخواهم 👨\u200d👩\u200d👧'
  expect(escapeControls(text)).toBe(text)
})

test('what must not leave its line does not', () => {
  expect(escapeLine('a\nb\tc\r')).toBe('a\\nb\\tc\\u000d')
})
