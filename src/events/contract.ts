/** Engine events. An event is published after what it tells of is persisted; the order of publishing is kept. */
export interface EngineEvent {
	readonly type: EventType;
	/** `create`, `start`, `die`, `exec_create: sh`, `pull`, … */
	readonly action: string;
	readonly actor: { readonly id: string; readonly attributes: Readonly<Record<string, string>> };
	/** Nanoseconds since 1970; strictly increasing. */
	readonly timeNano: bigint;
}

export type EventType =
	| "container"
	| "image"
	| "network"
	| "volume"
	| "secret"
	| "config"
	| "daemon"
	| "builder";

export interface Events {
	publish(type: EventType, action: string, id: string, attributes?: Readonly<Record<string, string>>): void;
	/**
	 * History from `sinceNano` on (if given), then live events, without a gap or a repeat, until `untilNano` or abort.
	 * A consumer that reads slowly never delays a publisher; after 10,000 unread events it is ended with `too_large`.
	 */
	subscribe(options: {
		sinceNano?: bigint;
		untilNano?: bigint;
		signal?: AbortSignal;
	}): AsyncIterable<EngineEvent>;
}
