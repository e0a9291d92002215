// An error of a fault that this machine cannot inflict.

/** This machine does not permit the fault; the message says why. */
export class Skipped extends Error {}
