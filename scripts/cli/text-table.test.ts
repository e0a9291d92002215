import { expect, test } from 'vitest'
import { textTable } from './text-table.ts'

test('columns are as wide as their widest cell, counted in characters', () => {
  const table = textTable(
    ['id', 'name'],
    [
      ['1', 'pump'],
      ['200', '🚰🚰🚰🚰🚰'],
    ],
  )

  expect(table).toBe(['id  | name', '----+------', '1   | pump', '200 | 🚰🚰🚰🚰🚰'].join('\n'))
})

test('a null is empty and a line break stays in its row', () => {
  expect(textTable(['a', 'b'], [[null, 'x\ny']])).toBe(['a | b', '--+----', '  | x↵y'].join('\n'))
})

test('a control character cannot move the cursor, and counts as wide as it is shown', () => {
  const table = textTable(['a', 'b'], [['\x1b[2J\r', 'x']])

  expect(table).toBe(['a               | b', '----------------+--', '\\u001b[2J\\u000d | x'].join('\n'))
})

test('a table without rows has its head', () => {
  expect(textTable(['id'], [])).toBe('id\n--')
})
