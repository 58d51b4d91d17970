import type { Socket } from "node:net";
import { EngineError } from "../../lib/index.ts";
import { errnoName } from "../../sys/index.ts";

/** The version of the orders that are spoken here. */
const VERSION = "2";
const answerTimeoutMs = 10_000;
const maxLineBytes = 4096;

/** A connection to a hull-names that has greeted. */
export interface NamesConnection {
	/** Resolves when it is over, by whatever. */
	readonly ended: Promise<void>;
	/** Whether it has sockets for a container. */
	has(containerId: string): boolean;
	send(orders: string): void;
	/** Has it serve a container in the namespace of a descriptor of ours, which must stay open until it has answered. */
	attach(containerId: string, namespaceFd: number): Promise<void>;
	/** The name that a container was last told an address for; `undefined` also when it does not say. */
	nameOf(containerId: string, address: string): Promise<string | undefined>;
	forget(containerId: string): void;
	close(): void;
}

/** A question that an egress policy refused, by its container. */
export type NameRefused = (
	containerId: string,
	question: { readonly name: string; readonly type: number },
) => void;

type Asker = PromiseWithResolvers<void>;

/** What is known of a conversation so far. */
interface Conversation {
	readonly socket: Socket;
	readonly attached: Set<string>;
	/** Attaches under way, in their order. */
	readonly waiting: Map<string, Asker[]>;
	/** Asked for names of addresses, by `CONTAINER ADDRESS`. */
	readonly naming: Map<string, PromiseWithResolvers<string | undefined>>;
	readonly refused: NameRefused;
	readonly greeted: PromiseWithResolvers<NamesConnection | undefined>;
	readonly ended: PromiseWithResolvers<void>;
}

/** Reads the greeting. `undefined` when it ends instead, or is of another version, in which case it is told to end. */
export async function greet(socket: Socket, refused: NameRefused): Promise<NamesConnection | undefined> {
	const talk: Conversation = {
		socket,
		attached: new Set(),
		waiting: new Map(),
		naming: new Map(),
		refused,
		greeted: Promise.withResolvers(),
		ended: Promise.withResolvers(),
	};
	let rest = "";
	socket.setEncoding("latin1");
	socket.on("error", () => undefined);
	socket.on("data", (chunk: string) => {
		const lines = (rest + chunk).split("\n");
		rest = lines.pop()!;
		if (rest.length > maxLineBytes) socket.destroy();
		for (const line of lines) takeLine(talk, line);
	});
	socket.on("end", () => over(talk));
	socket.on("close", () => over(talk));
	socket.write("hello\n");
	return await inTime(talk, talk.greeted.promise);
}

function takeLine(talk: Conversation, line: string): void {
	const [word, value = "", errno = "", last = ""] = line.split(" ");
	switch (word) {
		case "hull-names":
			if (value === VERSION) return;
			// One of another version of the engine.
			talk.socket.write("stop\n");
			return;
		case "attached":
			talk.attached.add(value);
			talk.waiting.get(value)?.shift()?.resolve();
			return;
		case "failed":
			talk.waiting
				.get(value)
				?.shift()
				?.reject(attachError(value, Number(errno)));
			return;
		case "denied":
			talk.refused(value, { type: Number(errno), name: last });
			return;
		case "who":
			talk.naming.get(`${value} ${errno}`)?.resolve(last === "-" ? undefined : last);
			talk.naming.delete(`${value} ${errno}`);
			return;
		case "ready":
			talk.greeted.resolve(connectionOf(talk));
			return;
		default:
			talk.greeted.reject(new EngineError("unavailable", `hull-names ${line}`));
			talk.socket.destroy();
	}
}

function connectionOf(talk: Conversation): NamesConnection {
	const { socket, attached, waiting } = talk;
	return {
		ended: talk.ended.promise,
		has: (containerId) => attached.has(containerId),
		send: (orders) => void socket.write(orders),
		attach(containerId, namespaceFd) {
			const asker = Promise.withResolvers<void>();
			waiting.set(containerId, [...(waiting.get(containerId) ?? []), asker]);
			socket.write(`attach ${containerId} ${namespaceFd}\n`);
			return inTime(talk, asker.promise);
		},
		nameOf(containerId, address) {
			const key = `${containerId} ${address}`;
			const known = talk.naming.get(key);
			if (known !== undefined) return known.promise;
			const asked = Promise.withResolvers<string | undefined>();
			talk.naming.set(key, asked);
			socket.write(`who ${key}\n`);
			return asked.promise;
		},
		forget(containerId) {
			attached.delete(containerId);
			socket.write(`forget ${containerId}\n`);
		},
		close: () => over(talk),
	};
}

function over({ socket, ended, greeted, waiting, naming }: Conversation): void {
	socket.destroy();
	for (const asked of naming.values()) asked.resolve(undefined);
	naming.clear();
	ended.resolve();
	greeted.resolve(undefined);
	for (const asker of [...waiting.values()].flat())
		asker.reject(new EngineError("unavailable", "hull-names ended before it answered"));
	waiting.clear();
}

async function inTime<T>({ socket }: Conversation, answer: Promise<T>): Promise<T> {
	const late = Promise.withResolvers<never>();
	const timer = setTimeout(() => {
		late.reject(new EngineError("unavailable", "hull-names does not answer"));
		socket.destroy();
	}, answerTimeoutMs);
	try {
		return await Promise.race([answer, late.promise]);
	} finally {
		clearTimeout(timer);
	}
}

function attachError(containerId: string, errno: number): EngineError {
	return new EngineError(
		"unavailable",
		`cannot serve names inside of container ${containerId}: ${errnoName(errno)} (the kernel must have nf_tables)`,
	);
}
