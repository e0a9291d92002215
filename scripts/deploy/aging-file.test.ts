import { expect, it } from 'vitest'
import { agingFile } from './aging-file.ts'

const owner = 'functions/notes'

it('lists a new table whose rows age, and not one whose rows are archived first', () => {
  const text = agingFile([
    { name: 'notes', owner, ages: { by: 'created_at', days: 365 } },
    {
      name: 'insight_feedback',
      owner: 'functions/feedback',
      ages: { by: 'updated_at', days: 730, archived: 'feedback' },
    },
  ])
  expect(text).toContain("setting: 'NOTES_DAYS'")
  expect(text).not.toContain('insight_feedback')
})

it.each([
  ['a dataset that nobody writes', { by: 'created_at', days: 365, archived: 'notes' }],
  ["another table's dataset", { by: 'updated_at', days: 365, archived: 'feedback' }],
])('refuses a table that ages into %s, and says what to do', (_, ages) => {
  expect(() => agingFile([{ name: 'notes', owner, ages }])).toThrow(
    /functions\/notes\/data\.ts archives notes .*shared\/archive\/row-datasets\.ts/,
  )
})
