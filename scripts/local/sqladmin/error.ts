// An error in the form of the Cloud SQL Admin API.

export class AdminError extends Error {
  readonly code: number
  readonly reason: string
  readonly status: string

  constructor(code: number, reason: string, status: string, message: string) {
    super(message)
    this.name = 'AdminError'
    this.code = code
    this.reason = reason
    this.status = status
  }
}

export const invalid = (message: string): AdminError => new AdminError(400, 'invalid', 'INVALID_ARGUMENT', message)
export const missing = (message: string): AdminError =>
  new AdminError(404, 'instanceDoesNotExist', 'NOT_FOUND', message)
/** The service does one operation of an instance at a time. */
export const inProgress = (): AdminError =>
  new AdminError(
    409,
    'operationInProgress',
    'ABORTED',
    'Operation failed because another operation was already in progress. Try your request after the current operation is complete.',
  )
