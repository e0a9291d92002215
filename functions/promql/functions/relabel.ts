// Functions that change labels.
import { isLabelName, type Labels, valueOf, withLabels } from '../columns/labels.ts'
import { compileRegex } from '../syntax/matchers.ts'
import { executionError } from '../syntax/query-error.ts'

/** Makes the function of `label_replace(…, target, replacement, source, pattern)`. @throws {QueryError} */
export function replaceLabel([target = '', replacement = '', source = '', pattern = '']: readonly string[]): (
  labels: Labels,
) => Labels {
  const regex = compileOrRefuse(pattern)
  if (!isLabelName(target)) throw executionError(`invalid destination label name in label_replace(): ${target}`)
  const names = regex.namedGroups()
  return (labels) => {
    const matcher = regex.matcher(valueOf(labels, source))
    if (!matcher.find()) return labels
    const group = (name: string): string => {
      const place = /^\d+$/.test(name) ? Number(name) : (names[name] ?? -1)
      return place >= 0 && place <= matcher.groupCount() ? (matcher.group(place) ?? '') : ''
    }
    return withLabels(labels, [[target, expand(replacement, group)]])
  }
}

function compileOrRefuse(pattern: string): ReturnType<typeof compileRegex> {
  try {
    return compileRegex(pattern)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw executionError(`invalid regular expression in label_replace(): ${pattern}`)
  }
}

/**
 * Replaces `$1`, `$name` and `${name}` by groups. `$$` becomes a dollar sign, and a dollar sign without a name stays. A name is read as long
 * as possible.
 */
const expand = (template: string, group: (name: string) => string): string =>
  template.replace(
    /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (_, dollar?: string, braced?: string, plain?: string) =>
      dollar === undefined ? group(braced ?? plain ?? '') : '$',
  )

/** Makes the function of `label_join(…, target, separator, sources…)`. @throws {QueryError} */
export function joinLabels([target = '', separator = '', ...sources]: readonly string[]): (labels: Labels) => Labels {
  const wrong = sources.find((source) => !isLabelName(source))
  if (wrong !== undefined) throw executionError(`invalid source label name in label_join(): ${wrong}`)
  if (!isLabelName(target)) throw executionError(`invalid destination label name in label_join(): ${target}`)
  return (labels) => withLabels(labels, [[target, sources.map((source) => valueOf(labels, source)).join(separator)]])
}
