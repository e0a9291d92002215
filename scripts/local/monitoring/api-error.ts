// An error in the form of Google's APIs: https://cloud.google.com/apis/design/errors#http_mapping

/** `code` is the HTTP status; `details` are further objects of the answer. */
export class MonitoringError extends Error {
  readonly code: number
  readonly status: string
  readonly details: readonly object[]

  constructor(code: number, status: string, message: string, details: readonly object[] = []) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

export const invalidArgument = (message: string, details: readonly object[] = []): MonitoringError =>
  new MonitoringError(400, 'INVALID_ARGUMENT', message, details)
