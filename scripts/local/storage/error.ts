// An error in the form of Cloud Storage's JSON API: https://cloud.google.com/storage/docs/json_api/v1/status-codes

/** `reason` is for programs, the message for people. */
export class StorageError extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export const badRequest = (message: string): StorageError => new StorageError(400, 'invalid', message)

export const notFound = (message: string): StorageError => new StorageError(404, 'notFound', message)
