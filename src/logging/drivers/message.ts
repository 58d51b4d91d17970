/** One entry of a log on its way to a server. */
export interface Message {
	readonly stream: "stdout" | "stderr";
	/** Without the newline; bytes of any kind. */
	readonly bytes: Buffer;
	/** Nanoseconds since 1970. */
	readonly time: bigint;
	/** Of a line that was cut into several. */
	readonly part: { readonly id: string; readonly ordinal: number; readonly last: boolean } | undefined;
}

/** What goes over the wire for a message, a datagram each where the wire has such; nothing for what is not sent. */
export type Encode = (message: Message) => readonly Uint8Array[];

/** Severities of syslog, which the other drivers have as well. */
export function severityOf({ stream }: Message): number {
	return stream === "stderr" ? 3 : 6;
}
