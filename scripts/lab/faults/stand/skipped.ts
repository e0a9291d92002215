// The error for a fault that this machine cannot cause.

/** This machine does not permit the fault; the message gives the reason. */
export class Skipped extends Error {}
