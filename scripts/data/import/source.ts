// Opens a file to import: its properties, and its unpacked bytes from any position on.
import { createHash } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { ImportError } from './import-error.ts'

export interface Source {
  readonly path: string
  /** The file's name without folder and extensions: `boiler` for `data/boiler.csv.gz`. */
  readonly name: string
  /** Size of the file on disk in bytes, packed or not. */
  readonly size: number
  readonly gzip: boolean
  readonly format: 'csv' | 'ndjson'
  /** For JSON: one value per line, one array over several lines, or objects over several lines each. */
  readonly layout?: 'lines' | 'array' | 'objects'
  /** The beginning of the unpacked file. */
  readonly head: Buffer
}

/** Enough for a thousand rows of most files. */
const HEAD_BYTES = 1024 * 1024
const BLOCK_BYTES = 64 * 1024

/** Opens a file. @throws {ImportError} when it cannot be read, is empty, or is not UTF-8 text. */
export async function openSource(path: string): Promise<Source> {
  const { size, gzip } = await readable(path)
  const blocks: Buffer[] = []
  for await (const block of readSource({ path, gzip })) {
    blocks.push(block)
    if (blocks.reduce((sum, { length }) => sum + length, 0) >= HEAD_BYTES) break
  }
  const head = Buffer.concat(blocks).subarray(0, HEAD_BYTES)
  if (head[0] === 0xff || head[0] === 0xfe) throw new ImportError(`${path} is UTF-16: convert it to UTF-8`)
  const first = /[^\s\ufeff]/.exec(head.toString('utf8', 0, 4096))?.[0]
  if (first === undefined) throw new ImportError(`${path} is empty`)
  const name = basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.[a-z]+$/i, '')
  const isJson = first === '{' || first === '['
  return {
    path,
    name,
    size,
    gzip,
    head,
    ...(isJson ? { format: 'ndjson', layout: layoutOf(head, first) } : { format: 'csv' }),
  }
}

/** An array is read element by element, unless it is the first of several lines that are each JSON. */
function layoutOf(head: Buffer, first: string): 'lines' | 'array' | 'objects' {
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim()
  const [line = ''] = text.split('\n', 1)
  const isAlone = line.length === text.length
  try {
    JSON.parse(line)
  } catch {
    if (first === '[') return 'array'
    return isAlone ? 'lines' : 'objects'
  }
  return isAlone && first === '[' ? 'array' : 'lines'
}

/** Returns the SHA-256 of the file on disk. */
export async function hashSource({ path }: Pick<Source, 'path'>): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) hash.update(block as Buffer)
  return hash.digest()
}

/**
 * Returns the unpacked bytes from byte `from` on. `onRead` is called with the number of bytes of the file that have been read.
 * @throws {ImportError} when the file cannot be read or its gzip data are damaged.
 */
export async function* readSource(
  { path, gzip }: Pick<Source, 'path' | 'gzip'>,
  from = 0,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const start = gzip ? 0 : from
  const file = createReadStream(path, { start, highWaterMark: BLOCK_BYTES })
  const stream = gzip ? unpacked(file) : file
  let skip = gzip ? from : 0
  try {
    for await (const chunk of stream) {
      const block = chunk as Buffer
      onRead(start + file.bytesRead)
      if (skip < block.length) yield skip === 0 ? block : block.subarray(skip)
      skip = Math.max(0, skip - block.length)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !/^(Z_|E[A-Z]+$)/.test(code)) throw error
    throw new ImportError(
      `cannot read ${path}: ${code.startsWith('Z_') ? `damaged gzip data (${message})` : message}`,
      {
        cause: error,
      },
    )
  } finally {
    file.destroy()
  }
}

function unpacked(file: ReadStream) {
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES })
  file.on('error', (error) => gunzip.destroy(error))
  return file.pipe(gunzip)
}

async function readable(path: string): Promise<{ readonly size: number; readonly gzip: boolean }> {
  try {
    const { size } = await stat(path)
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
      return { size, gzip: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new ImportError(`cannot read ${path}: ${(error as Error).message}`, { cause: error })
  }
}
