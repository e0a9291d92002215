// Changes to method and path.

import type { Random } from '../../random.ts'
import type { Draft } from './draft.ts'

/** Changes the method or the path; the result is still a request that a client library would send. */
export function mutateLine(draft: Draft, random: Random): Draft {
  if (random.chance(0.4)) return { ...draft, method: random.pick(METHODS) }
  return { ...draft, path: random.pick(pathChanges)(draft.path, random) }
}

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH']

const NASTY = [
  '%',
  '%2',
  '%zz',
  '%00',
  '%ff',
  '%2e%2e',
  '..',
  '.',
  '',
  '%2f',
  '\\',
  ';',
  '*',
  '%c0%af',
  '{job_id}',
  'a'.repeat(9_000),
  '__proto__',
  "'",
  '@',
  ':',
]

const pathChanges: readonly ((path: string, random: Random) => string)[] = [
  (path, random) => `${path}/${random.pick(NASTY)}`,
  (path, random) => `/${random.pick(NASTY)}${path}`,
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.toUpperCase(),
  (path) => `http://penstock.test${path}`,
  (path) => `ftp://user:password@penstock.test:1${path}`,
  (path, random) => path.slice(0, 1 + random.below(path.length)),
  (path, random) => {
    const segments = path.split('/')
    segments[1 + random.below(segments.length - 1)] = random.pick(NASTY)
    return segments.join('/')
  },
  (path) => path.replaceAll('/', '//'),
  (path) => path.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  () => '/health',
  () => '*',
]
