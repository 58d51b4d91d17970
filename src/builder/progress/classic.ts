/**
 * A build's events as the classic builder's stream: `Step 2/5 : RUN make`, what it wrote, ` ---> 3f2a…`. Steps run in
 * parallel; they are told in the order of the Dockerfile, and what a later one says is kept until its turn.
 *
 * An instruction that changes the configuration alone runs in no container here and says nothing of one. What stands
 * behind the arrow is made of the step's definition; there are no images in between.
 */
import { createHash } from "node:crypto";
import type { BuildEvent } from "../contract.ts";
import type { Command, Dockerfile } from "../dockerfile/commands.ts";
import { neededStages } from "./needed-stages.ts";

/** One line of Docker's jsonmessage. */
export type ClassicLine =
	| { readonly stream: string }
	| { readonly aux: { readonly ID: string } }
	| {
			readonly id: string;
			readonly status: string;
			readonly progressDetail: { readonly current: number; readonly total: number };
	  };

export interface ClassicOptions {
	readonly target: string;
	readonly buildArgs: ReadonlyMap<string, string | undefined>;
	readonly labels: Readonly<Record<string, string>>;
	/** Say that a container is removed after its step; and after one that failed. */
	readonly removes: { readonly success: boolean; readonly failure: boolean };
}

export interface ClassicProgress {
	/** Lines that can be shown now. */
	take(event: BuildEvent): ClassicLine[];
	/** All that is left of a build that is done. Names as the user reads them. */
	end(imageId: string, names: readonly string[]): ClassicLine[];
	/** What is to be shown of the step that failed, before the error. */
	fail(): ClassicLine[];
}

interface Instruction {
	readonly line: number;
	readonly source: string;
	readonly isRun: boolean;
	readonly vertices: Set<string>;
	readonly open: Set<string>;
	readonly pending: ClassicLine[];
	isCached: boolean;
	hasFailed: boolean;
	isAnnounced: boolean;
	/** Empty until it runs. */
	container: string;
	/** The definition that its id is made of. */
	last: string;
}

export function classicProgress(dockerfile: Dockerfile, options: ClassicOptions): ClassicProgress {
	const steps = instructionsOf(dockerfile, options);
	const byVertex = new Map<string, Instruction>();
	const decoders = new Map<string, TextDecoder>();
	const warnings: string[] = [];
	let current = 0;
	let previous = "";

	const header = (step: Instruction): ClassicLine[] => {
		if (step.isAnnounced) return [];
		step.isAnnounced = true;
		return [{ stream: `Step ${steps.indexOf(step) + 1}/${steps.length} : ${step.source}` }, { stream: "\n" }];
	};
	const footer = (step: Instruction): ClassicLine[] => {
		const id = step.vertices.size > 0 ? step.last : hash(previous + step.source);
		previous = id;
		if (/^FROM\s+scratch\b/i.test(step.source)) return [{ stream: " ---> \n" }];
		const ran = step.container !== "" && !step.isCached;
		return [
			...(step.isCached ? [{ stream: " ---> Using cache\n" }] : []),
			...(ran && options.removes.success ? [removal(step)] : []),
			{ stream: ` ---> ${shortId(id)}\n` },
		];
	};
	const advance = (): ClassicLine[] => {
		const lines: ClassicLine[] = [];
		for (; current < steps.length; current++) {
			const step = steps[current]!;
			lines.push(...header(step), ...step.pending.splice(0));
			if (step.open.size > 0 || step.hasFailed) break;
			// The last one's id is the image's, which is not known yet.
			if (current === steps.length - 1) break;
			lines.push(...footer(step));
		}
		return lines;
	};
	const say = (vertex: string, line: ClassicLine): ClassicLine[] => {
		byVertex.get(vertex)?.pending.push(line);
		return advance();
	};

	return {
		take(event) {
			switch (event.kind) {
				case "vertex": {
					const { digest, line } = event.vertex;
					const step = steps.find((one) => one.line === line);
					if (step === undefined) return [];
					step.vertices.add(digest);
					step.open.add(digest);
					step.last = digest;
					byVertex.set(digest, step);
					return [];
				}
				case "started":
					return advance();
				case "log": {
					const key = `${event.vertex} ${event.stream}`;
					const decoder = decoders.get(key) ?? new TextDecoder();
					decoders.set(key, decoder);
					const text = decoder.decode(event.data, { stream: true });
					const step = byVertex.get(event.vertex);
					if (text === "" || step === undefined) return [];
					step.pending.push(...runningIn(step));
					// Docker's own way of telling the two streams apart.
					return say(event.vertex, {
						stream: event.stream === "stderr" ? `\u001b[91m${text}\u001b[0m` : text,
					});
				}
				case "progress": {
					const { id, name, current: done, total } = event;
					return say(event.vertex, { id, status: name, progressDetail: { current: done, total } });
				}
				case "completed": {
					const step = byVertex.get(event.vertex);
					step?.open.delete(event.vertex);
					if (step === undefined || step.last !== event.vertex) return advance();
					// Docker does not say of an image that it is cached.
					step.isCached = event.cached && !/^FROM\b/i.test(step.source);
					if (!event.cached) step.pending.push(...runningIn(step));
					return advance();
				}
				case "failed": {
					const step = byVertex.get(event.vertex);
					if (step === undefined) return [];
					step.hasFailed = true;
					step.pending.push(...runningIn(step));
					return advance();
				}
				case "warning":
					warnings.push(event.message);
					return [];
			}
		},
		end(imageId, names) {
			for (const step of steps) step.open.clear();
			const lines = advance();
			const last = steps.at(-1);
			if (last !== undefined) last.last = imageId;
			const closing = last === undefined ? [] : footer(last).slice(0, -1);
			return [
				...lines,
				...closing,
				{ stream: ` ---> ${shortId(imageId)}\n` },
				...warnings.map((text) => ({ stream: `[Warning] ${text}\n` })),
				{ aux: { ID: imageId } },
				{ stream: `Successfully built ${shortId(imageId)}\n` },
				...names.map((name) => ({ stream: `Successfully tagged ${name}\n` })),
			];
		},
		fail() {
			const step = steps.find(({ hasFailed }) => hasFailed);
			if (step === undefined) return [];
			const removed = step.container !== "" && options.removes.failure ? [removal(step)] : [];
			return [...header(step), ...step.pending.splice(0), ...removed];
		},
	};
}

function instructionsOf(dockerfile: Dockerfile, options: ClassicOptions): Instruction[] {
	const needed = neededStages(dockerfile, options.target, options.buildArgs);
	const found = needed.flatMap((index) => {
		const stage = dockerfile.stages[index]!;
		return [
			instruction(stage.range.startLine, stage.source, false),
			...stage.commands.map((command: Command) =>
				instruction(command.range.startLine, command.source, command.kind === "run"),
			),
		];
	});
	const labels = Object.entries(options.labels)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([key, value]) => `${key}=${/^[\w.:/@-]*$/.test(value) ? value : JSON.stringify(value)}`);
	return labels.length === 0 ? found : [...found, instruction(0, `LABEL ${labels.join(" ")}`, false)];
}

function instruction(line: number, source: string, isRun: boolean): Instruction {
	return {
		line: line === 0 ? -1 : line,
		source,
		isRun,
		vertices: new Set(),
		open: new Set(),
		pending: [],
		isCached: false,
		hasFailed: false,
		isAnnounced: false,
		container: "",
		last: "",
	};
}

/** Said once, and only when it is known that the step runs: what is found in the cache does not. */
function runningIn(step: Instruction): ClassicLine[] {
	if (!step.isRun || step.container !== "") return [];
	// Stands for the container's id, which is not one that can be looked up.
	step.container = shortId(hash(`container ${step.last}`));
	return [{ stream: ` ---> Running in ${step.container}\n` }];
}

function removal({ container }: Instruction): ClassicLine {
	return { stream: `Removing intermediate container ${container}\n` };
}

function hash(text: string): string {
	return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function shortId(id: string): string {
	return id.replace(/^sha256:/, "").slice(0, 12);
}
