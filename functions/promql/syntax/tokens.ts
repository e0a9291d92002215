// The tokens of PromQL, and how messages name them.
import { quote } from './quote.ts'

export const comparisons = ['==', '!=', '<=', '<', '>=', '>'] as const
export const setOperators = ['and', 'or', 'unless'] as const
const arithmetic = ['+', '-', '*', '/', '%', '^', 'atan2'] as const
export type Operator = (typeof comparisons)[number] | (typeof setOperators)[number] | (typeof arithmetic)[number]

export const matchOperators = ['=', '!=', '=~', '!~'] as const
export type MatchOperator = (typeof matchOperators)[number]

export const aggregators = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
] as const
export type Aggregator = (typeof aggregators)[number]

const keywords = ['bool', 'by', 'group_left', 'group_right', 'ignoring', 'offset', 'on', 'without'] as const
const preprocessors = ['start', 'end'] as const

export type TokenKind =
  | Operator
  | MatchOperator
  | Aggregator
  | (typeof keywords)[number]
  | (typeof preprocessors)[number]
  | ('(' | ')' | '{' | '}' | '[' | ']' | ',' | ':' | '@')
  | ('identifier' | 'metric identifier' | 'string' | 'number' | 'duration' | 'end of input')

export interface Token {
  readonly kind: TokenKind
  /** The text as written. */
  readonly text: string
  /** Indexes into the expression. */
  readonly start: number
  readonly end: number
}

const words: readonly TokenKind[] = [...setOperators, 'atan2', ...aggregators, ...keywords, ...preprocessors]
/** The kinds of the reserved words, in lower case. Inside braces they are ordinary names. */
export const reserved: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...words.map((word) => [word, word] as const),
  ['inf', 'number'],
  ['nan', 'number'],
])

const includes = <T extends string>(list: readonly T[], kind: string): kind is T =>
  (list as readonly string[]).includes(kind)

export const isComparison = (kind: string): kind is (typeof comparisons)[number] => includes(comparisons, kind)
export const isSetOperator = (kind: string): kind is (typeof setOperators)[number] => includes(setOperators, kind)
export const isAggregator = (kind: string): kind is Aggregator => includes(aggregators, kind)
export const isMatchOperator = (kind: string): kind is MatchOperator => includes(matchOperators, kind)

const NAMED: ReadonlySet<string> = new Set(['identifier', 'metric identifier', 'string', 'number', 'duration'])
/** Prometheus has no name for this token and prints its number. */
const UNNAMED_AT = '"<Item 57385>" '
const MOST_SHOWN = 10

/** Returns how a message names a token that is not expected. */
export function describeToken({ kind, text }: Token): string {
  if (kind === 'end of input') return kind
  if (kind === '@') return `${UNNAMED_AT}<op:@>`
  return NAMED.has(kind) ? `${kind} ${shown(kind, text)}` : shown(kind, text)
}

function shown(kind: TokenKind, text: string): string {
  if (kind === 'identifier' || kind === 'metric identifier') return quote(text)
  if (includes(keywords, kind)) return `<${text}>`
  if (isOperatorText(kind)) return `<op:${text}>`
  if (isAggregator(kind)) return `<aggr:${text}>`
  if (Buffer.byteLength(text) <= MOST_SHOWN) return quote(text)
  return `${quote(Array.from(text).slice(0, MOST_SHOWN).join(''))}...`
}

const isOperatorText = (kind: string): boolean =>
  includes(arithmetic, kind) || isComparison(kind) || isSetOperator(kind) || kind === '=~' || kind === '!~'
