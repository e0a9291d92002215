// Writes expressions in one form, in lines of about a hundred characters, as Prometheus' format_query does.

import { type Aggregation, type Binary, type Expression, type FixedAt, type Matcher, NAME_LABEL } from './ast.ts'
import { formatDuration } from './durations.ts'
import { formatShort } from './format-number.ts'
import { quote } from './quote.ts'

const MOST_CHARACTERS = 100

/** Writes an expression; a part that is too long for one line has its parts on lines of their own, indented. */
export function formatExpression(expression: Expression): string {
  return inLines(expression, 0)
}

const indent = (level: number): string => '  '.repeat(level)

function inLines(expression: Expression, level: number): string {
  const before = indent(level)
  const line = inOneLine(expression)
  const fits = Buffer.byteLength(line) <= MOST_CHARACTERS
  switch (expression.kind) {
    case 'subquery':
      return fits ? line : `${inLines(expression.inner, level)}${rangeOf(expression)}`
    case 'unary':
      return `${before}${expression.operator}${inLines(expression.inner, level).trim()}`
    case 'aggregation': {
      if (fits) return before + line
      const { parameter, inner } = expression
      const parts = (parameter ? [parameter, inner] : [inner]).map((part) => inLines(part, level + 1))
      return `${before}${operatorOf(expression)}(\n${parts.join(',\n')}\n${before})`
    }
    case 'binary': {
      if (fits) return before + line
      const [left, right] = [inLines(expression.left, level + 1), inLines(expression.right, level + 1)]
      return `${left}\n${before}${binaryOperator(expression)}\n${right}`
    }
    case 'call': {
      if (fits) return before + line
      const args = expression.args.map((argument) => inLines(argument, level + 1))
      return `${before}${expression.name}(\n${args.join(',\n')}\n${before})`
    }
    case 'parentheses':
      return fits ? before + line : `${before}(\n${inLines(expression.inner, level + 1)}\n${before})`
    default:
      return before + line
  }
}

function inOneLine(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return formatShort(expression.value)
    case 'string':
      return quote(expression.value)
    case 'selector':
      return selectorOf(expression) + shiftOf(expression)
    case 'matrix': {
      const { selector, range } = expression
      return `${selectorOf(selector)}[${formatDuration(range)}]${shiftOf(selector)}`
    }
    case 'subquery':
      return inOneLine(expression.inner) + rangeOf(expression)
    case 'call':
      return `${expression.name}(${expression.args.map(inOneLine).join(', ')})`
    case 'aggregation': {
      const { parameter, inner } = expression
      return `${operatorOf(expression)}(${(parameter ? [parameter, inner] : [inner]).map(inOneLine).join(', ')})`
    }
    case 'binary':
      return `${inOneLine(expression.left)} ${binaryOperator(expression)} ${inOneLine(expression.right)}`
    case 'unary':
      return expression.operator + inOneLine(expression.inner)
    case 'parentheses':
      return `(${inOneLine(expression.inner)})`
    default:
      return expression satisfies never
  }
}

const name = (text: string): string => (/^[A-Za-z_]\w*$/.test(text) ? text : quote(text))
const names = (texts: readonly string[]): string => `(${texts.map(name).join(', ')})`

function operatorOf({ operator, grouping, isWithout }: Aggregation): string {
  if (isWithout) return `${operator} without ${names(grouping)} `
  return grouping.length > 0 ? `${operator} by ${names(grouping)} ` : operator
}

function binaryOperator({ operator, returnsBool, matching }: Binary): string {
  const { isOn, labels, cardinality, include } = matching
  let text = returnsBool ? `${operator} bool` : operator
  if (isOn || labels.length > 0) text += ` ${isOn ? 'on' : 'ignoring'} ${names(labels)}`
  if (cardinality === 'many-to-one') text += ` group_left ${names(include)}`
  if (cardinality === 'one-to-many') text += ` group_right ${names(include)}`
  return text
}

function selectorOf(selector: { readonly name: string; readonly matchers: readonly Matcher[] }): string {
  const written = selector.matchers
    .filter((one) => !(one.name === NAME_LABEL && one.operator === '=' && one.value === selector.name))
    .map(({ name: label, operator, value }) => `${name(label)}${operator}${quote(value)}`)
  return written.length === 0 ? selector.name : `${selector.name}{${written.toSorted(byBytes).join(',')}}`
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

interface Shifted {
  readonly at: FixedAt
  readonly offset: number
}

const rangeOf = (subquery: Shifted & { readonly range: number; readonly step: number | undefined }): string =>
  `[${formatDuration(subquery.range)}:${subquery.step === undefined ? '' : formatDuration(subquery.step)}]${shiftOf(subquery)}`

function shiftOf({ at, offset }: Shifted): string {
  const fixed = at === undefined ? '' : ` @ ${typeof at === 'number' ? (at / 1_000).toFixed(3) : `${at}()`}`
  if (offset === 0) return fixed
  return `${fixed} offset ${offset < 0 ? '-' : ''}${formatDuration(Math.abs(offset))}`
}
