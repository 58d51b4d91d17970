/** An event as the API tells it. */
export interface EventMessage {
	readonly Type: string;
	readonly Action: string;
	readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
	readonly scope: string;
	readonly time: number;
	readonly timeNano: bigint;
}

export interface Listener {
	/** Grows while it listens. */
	readonly told: readonly EventMessage[];
	stop(): Promise<void>;
}

/** Listens to an engine from now on. */
export async function listen(socket: string): Promise<Listener> {
	const leave = new AbortController();
	const response = await fetch("http://engine/events", { unix: socket, signal: leave.signal });
	const told: EventMessage[] = [];
	const reading = read(response.body!, told).catch(() => undefined);
	return {
		told,
		async stop() {
			leave.abort();
			await reading;
		},
	};
}

async function read(body: AsyncIterable<Uint8Array>, told: EventMessage[]): Promise<void> {
	const decoder = new TextDecoder();
	let text = "";
	for await (const chunk of body) {
		text += decoder.decode(chunk, { stream: true });
		const lines = text.split("\n");
		text = lines.pop()!;
		for (const line of lines) if (line !== "") told.push(readEvent(line));
	}
}

export function readEvent(line: string): EventMessage {
	// More than a double holds.
	const timeNano = BigInt(/"timeNano":(\d+)/.exec(line)![1]!);
	return { ...JSON.parse(line), timeNano };
}

/** Events as lines `type action of: attributes`, in which what differs between runs is named by what it belongs to. */
export function linesOf(told: readonly EventMessage[]): string[] {
	const names = new Map<string, string>();
	const nameOf = (value: string, kind: string): string => {
		if (!/^(sha256:)?[0-9a-f]{64}$/.test(value)) return value;
		const known = names.get(value);
		if (known !== undefined) return known;
		const name = `<${kind} ${[...names.values()].filter((other) => other.startsWith(`<${kind}`)).length + 1}>`;
		names.set(value, name);
		return name;
	};
	return told.map(({ Type, Action, Actor, scope }) => {
		const given = Actor.Attributes["name"];
		if (Type !== "image" && given !== undefined && Actor.ID !== given && !names.has(Actor.ID))
			names.set(Actor.ID, given);
		const kindOf = (key: string) =>
			key === "execID" ? "exec" : key === "container" ? "container" : key === "id" ? Type : "image";
		const attributes = Object.entries(Actor.Attributes)
			.sort(([one], [other]) => (one < other ? -1 : 1))
			.map(([key, value]) => {
				if (key === "reclaimed" || key === "execDuration") return `${key}=<number>`;
				return `${key}=${nameOf(value, kindOf(key))}`;
			});
		const of = nameOf(Actor.ID, Type);
		return [Type, Action, of, scope === "local" ? "" : scope, ...attributes]
			.filter((word) => word !== "")
			.join(" ");
	});
}
