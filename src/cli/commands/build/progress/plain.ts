import type { HullBuildEvent } from "../../../../client/index.ts";
import { decimalSize } from "../../../format/units.ts";
import type { BuildDisplay, DisplayOptions } from "./build-display.ts";

interface Step {
	readonly number: number;
	readonly name: string;
	startedAt: number;
	/** Of a line that is not complete. */
	rest: string;
	readonly decoder: TextDecoder;
	/** What is under way in it and was told. */
	readonly told: Set<string>;
}

/** One line for each thing that happens, each with the number of its step: for logs. */
export function plainDisplay(write: (text: string) => void, options: DisplayOptions): BuildDisplay {
	const steps = new Map<string, Step>();
	const names = new Map<string, string>();
	let last = 0;

	/** Numbers are given in the order of starting; a change of step is a paragraph. */
	const line = (digest: string, text: string, at: number) => {
		let step = steps.get(digest);
		const isNew = step === undefined;
		step ??= {
			number: steps.size + 1,
			name: names.get(digest) ?? digest.slice(0, 19),
			startedAt: at,
			rest: "",
			decoder: new TextDecoder(),
			told: new Set(),
		};
		steps.set(digest, step);
		if (last !== 0 && last !== step.number) write("\n");
		if (isNew || last !== step.number) write(`#${step.number} ${step.name}\n`);
		last = step.number;
		if (text !== "") write(`#${step.number} ${text}\n`);
		return step;
	};
	const seconds = (step: Step, at: number) => ((at - step.startedAt) / 1000).toFixed(1);

	return {
		take(event: HullBuildEvent) {
			switch (event.kind) {
				case "vertex":
					names.set(event.vertex.digest, event.vertex.name);
					return;
				case "started":
					line(event.vertex, "", event.at);
					return;
				case "log": {
					const known = steps.get(event.vertex) ?? line(event.vertex, "", event.at);
					const text = known.rest + known.decoder.decode(Buffer.from(event.data, "base64"), { stream: true });
					const lines = text.split("\n");
					known.rest = lines.pop()!;
					const time = ((event.at - known.startedAt) / 1000).toFixed(3);
					for (const one of lines) line(event.vertex, `${time} ${one.replace(/\r$/, "")}`, event.at);
					return;
				}
				case "progress": {
					const step = steps.get(event.vertex) ?? line(event.vertex, "", event.at);
					const key = `${event.id} ${event.name}`;
					// Bars are for terminals: the begin and the end of a thing are worth a line.
					if (step.told.has(key) && !event.done) return;
					step.told.add(key);
					const size = event.total > 0 ? ` ${decimalSize(event.total)}` : "";
					line(event.vertex, `${event.id} ${event.name}${size}${event.done ? " done" : ""}`, event.at);
					return;
				}
				case "completed": {
					const step = steps.get(event.vertex) ?? line(event.vertex, "", event.at);
					if (step.rest !== "") line(event.vertex, step.rest, event.at);
					const why = options.explainCache && event.reason ? ` (not cached: ${event.reason})` : "";
					const size = event.sizeBytes > 0 ? `, ${decimalSize(event.sizeBytes)}` : "";
					line(
						event.vertex,
						event.cached ? "CACHED" : `DONE ${seconds(step, event.at)}s${size}${why}`,
						event.at,
					);
					return;
				}
				case "failed": {
					const step = steps.get(event.vertex);
					if (step !== undefined && step.rest !== "") line(event.vertex, step.rest, event.at);
					line(event.vertex, `ERROR: ${event.message}`, event.at);
					return;
				}
				case "warning":
					write(`WARN: ${event.rule}: ${event.message}${event.line > 0 ? ` (line ${event.line})` : ""}\n`);
					return;
				default:
			}
		},
		end() {
			if (options.sent.bytes > 0) write(`\ncontext: ${decimalSize(options.sent.bytes)} sent\n`);
		},
	};
}
