import { EngineError } from "../../src/lib/index.ts";
import type { AttachedStreams, Backends } from "../../src/server/index.ts";

/** Backends of which a test scripts what it needs; anything else that is called fails by name. */
export function scriptedBackends(
	script: {
		readonly [Room in keyof Backends]?: Partial<Backends[Room]>;
	},
): Backends {
	const room = (name: keyof Backends) =>
		new Proxy(script[name] ?? {}, {
			get: (methods, method) =>
				(methods as Record<string | symbol, unknown>)[method] ??
				(async () => {
					throw new Error(`${name}.${String(method)} is not scripted`);
				}),
		});
	return {
		builds: room("builds"),
		containers: room("containers"),
		images: room("images"),
		networks: room("networks"),
		volumes: room("volumes"),
		system: room("system"),
		distribution: room("distribution"),
		copies: room("copies"),
		trust: room("trust"),
		sbom: room("sbom"),
		registries: room("registries"),
		imageLayers: room("imageLayers"),
		buildkit: room("buildkit"),
		upkeep: room("upkeep"),
		secrets: room("secrets"),
		volumeCopies: room("volumeCopies"),
	} as Backends;
}

export function noSuchContainer(reference: string): EngineError {
	return new EngineError("not_found", `No such container: ${reference}`);
}

/** A process to attach to: the test writes its output and sees its stdin. */
export interface ScriptedProcess {
	readonly streams: AttachedStreams;
	/** Resolves when the reader has asked for what comes after it: back-pressure as it reaches a container. */
	print(data: Uint8Array | string, stream?: "stdout" | "stderr"): Promise<void>;
	/** Ends output. */
	exit(): void;
	/** What came in so far. */
	readonly input: Uint8Array[];
	readonly inputBytes: number;
	/** Resolves at the end of stdin. */
	readonly inputEnd: Promise<void>;
	/** Resolves when the attachment was closed. */
	readonly closed: Promise<void>;
}

export function scriptedProcess(
	options: { tty?: boolean; stdin?: boolean; onInput?: (data: Uint8Array) => Promise<void> | void } = {},
): ScriptedProcess {
	const waiting: { stream: "stdout" | "stderr"; data: Uint8Array; taken: () => void }[] = [];
	let wake = () => {};
	let over = false;
	const input: Uint8Array[] = [];
	let inputBytes = 0;
	const inputEnd = Promise.withResolvers<void>();
	const closed = Promise.withResolvers<void>();
	async function* output() {
		for (;;) {
			const chunk = waiting.shift();
			if (chunk !== undefined) {
				yield { stream: chunk.stream, data: chunk.data };
				chunk.taken();
			} else if (over) return;
			else await new Promise<void>((resolve) => (wake = resolve));
		}
	}
	const stdin = {
		async write(data: Uint8Array) {
			inputBytes += data.length;
			if (options.onInput !== undefined) return options.onInput(data);
			input.push(Uint8Array.from(data));
		},
		async end() {
			inputEnd.resolve();
		},
	};
	return {
		streams: {
			output: output(),
			...(options.stdin === false ? {} : { stdin }),
			tty: options.tty ?? false,
			close() {
				over = true;
				for (const chunk of waiting.splice(0)) chunk.taken();
				wake();
				closed.resolve();
			},
		},
		print(data, stream = "stdout") {
			const { promise, resolve } = Promise.withResolvers<void>();
			if (over) return Promise.resolve();
			waiting.push({ stream, data: typeof data === "string" ? Buffer.from(data) : data, taken: resolve });
			wake();
			return promise;
		},
		exit() {
			over = true;
			wake();
		},
		input,
		get inputBytes() {
			return inputBytes;
		},
		inputEnd: inputEnd.promise,
		closed: closed.promise,
	};
}
