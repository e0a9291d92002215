// An answer of the local Cloud Storage, before it is written to the socket.

export interface StorageReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: object
  readonly stream?: NodeJS.ReadableStream
}
