// Bytes whose memory can be released as soon as they are sent.

/** Returns the bytes of a text; they are not part of another buffer. */
export function ownBytes(text: string, encoding: 'utf8' | 'base64' = 'utf8'): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, encoding))
  bytes.write(text, encoding)
  return bytes
}
