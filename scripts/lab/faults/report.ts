// The table of a run, and the broken promises as sentences.
import { textTable } from '../../cli/text-table.ts'
import type { Verdict } from './trial.ts'

const HEAD = [
  'fault',
  'what was tried',
  'times',
  'sent',
  'acknowledged',
  '503',
  'others',
  'missing',
  'twice',
  'overwritten',
  'recovery ms',
  'verdict',
]

/** Returns the table, one line each; below it the notes, and a sentence for each broken promise. */
export function report(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((one) => [
    one.name,
    one.tries,
    ...numbers(one),
    one.recoveryMs === null || one.skipped !== null ? '' : String(Math.round(one.recoveryMs)),
    word(one),
  ])
  const said = (sentences: (one: Verdict) => readonly string[]): string[] =>
    verdicts.flatMap((one) => sentences(one).map((sentence) => `${one.name}: ${sentence}`))
  const notes = said(({ skipped, note }) => (skipped !== null ? [skipped] : note === '' ? [] : [note]))
  return [
    textTable(HEAD, rows),
    ...notes,
    ...said(({ broken }) => broken.map((sentence) => `VIOLATED ${sentence}`)),
  ].join('\n')
}

/** Returns the result: `held`, `VIOLATED`, or `skipped`. */
export function word({ skipped, broken }: Pick<Verdict, 'skipped' | 'broken'>): string {
  if (skipped !== null) return 'skipped'
  return broken.length === 0 ? 'held' : 'VIOLATED'
}

function numbers(one: Verdict): string[] {
  if (one.skipped !== null) return ['', '', '', '', '', '', '', '']
  const { times, sent, acknowledged, busy, others, missing, twice, overwritten } = one
  return [times, sent, acknowledged, busy, others, missing, twice, overwritten].map((count) =>
    count.toLocaleString('en'),
  )
}
