// The scripts that run on Redis, each of them atomic. An entry is a hash: `g` generation, `v` highest version shown, and while an answer
// is cached `b` its text, `c` when the database confirmed it by Redis's clock, and `s` a checksum. Numbers are below 2^53, which Lua
// represents exactly.
import { createHash } from 'node:crypto'

export interface RedisScript {
  readonly source: string
  readonly sha1: string
}

const script = (source: string): RedisScript => ({ source, sha1: createHash('sha1').update(source).digest('hex') })

/** A generation without an answer lives as long as a read may take, plus a margin. */
const BARE_MS = 120_000

/** Parameters: name for a new generation, version whose text is known. Result: now, generation, version, age, checksum, text. */
export const FIND = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local e = redis.call('HMGET', KEYS[1], 'g', 'v', 'c', 's')
if not e[1] then
  redis.call('HSET', KEYS[1], 'g', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ${BARE_MS})
  return { now, ARGV[1], '0' }
end
if not e[3] then return { now, e[1], e[2] or '0' } end
local known = e[2] == ARGV[2]
return { now, e[1], e[2], now - e[3], e[4], not known and redis.call('HGET', KEYS[1], 'b') or '' }`)

/** Parameters: generation, version, time of the find, checksum, text, time to live. */
export const PUT = script(`
local e = redis.call('HMGET', KEYS[1], 'g', 'v')
local shown = tonumber(e[2] or '0')
local version = tonumber(ARGV[2])
if version < shown then return 'older' end
if e[1] == ARGV[1] and ARGV[6] ~= '0' then
  redis.call('HSET', KEYS[1], 'v', ARGV[2], 'c', ARGV[3], 's', ARGV[4], 'b', ARGV[5])
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  return 'kept'
end
if version > shown then redis.call('HDEL', KEYS[1], 'b', 'c', 's') end
redis.call('HSET', KEYS[1], 'g', e[1] or ARGV[7], 'v', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${BARE_MS})
return 'noted'`)

/** Parameters: generation, version, time of the find. */
export const CONFIRM = script(`
local e = redis.call('HMGET', KEYS[1], 'g', 'v', 'c')
if e[1] == ARGV[1] and e[2] == ARGV[2] and e[3] and tonumber(e[3]) < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'c', ARGV[3])
end
return 'ok'`)

export const FORGET = script(`return redis.call('UNLINK', KEYS[1])`)
