/** One line of a progress stream (Docker's jsonmessage). */
export type ProgressLine = Readonly<Record<string, unknown>>;
