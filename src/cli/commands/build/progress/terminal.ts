import type { HullBuildEvent } from "../../../../client/index.ts";
import { textWidth } from "../../../format/text-width.ts";
import { decimalSize } from "../../../format/units.ts";
import type { BuildDisplay, DisplayOptions } from "./build-display.ts";

interface Step {
	readonly name: string;
	startedAt?: number;
	endedAt?: number;
	state: "waiting" | "running" | "done" | "cached" | "failed";
	sizeBytes: number;
	reason: string;
	/** The last lines that it wrote. */
	readonly output: string[];
	readonly decoder: TextDecoder;
	/** By id: what is under way in it. */
	readonly parts: Map<string, { name: string; current: number; total: number; done: boolean }>;
}

const drawEveryMs = 100;
const shownLines = 6;
const keptLines = 200;

/**
 * The steps as a picture that is drawn anew in place: the time of each, and the last lines of those that run. What does
 * not fit on the screen is left out from the top. Of a step that fails all that is kept is shown below.
 */
export function terminalDisplay(write: (text: string) => void, options: DisplayOptions): BuildDisplay {
	const steps = new Map<string, Step>();
	const warnings: string[] = [];
	const begin = Date.now();
	let drawn = 0;
	const size = () => ({ columns: process.stderr.columns || 80, rows: process.stderr.rows || 24 });
	const draw = (isLast: boolean) => {
		const { columns, rows } = size();
		const lines = picture([...steps.values()], { begin, isLast, options, columns });
		const shown = isLast ? lines : lines.slice(Math.max(0, lines.length - rows + 1));
		const text = shown.map((line) => `\u001b[2K${clip(line, columns)}\n`).join("");
		write(`${drawn > 0 ? `\u001b[${drawn}A` : ""}\u001b[?25l${text}\u001b[J${isLast ? "\u001b[?25h" : ""}`);
		drawn = shown.length;
	};
	const timer = setInterval(() => draw(false), drawEveryMs);
	timer.unref();
	// Whatever ends the program, the cursor comes back.
	const restore = () => write("\u001b[?25h");
	process.once("exit", restore);
	return {
		take(event) {
			if (event.kind === "warning") warnings.push(`${event.rule}: ${event.message}`);
			else note(steps, event);
		},
		end() {
			clearInterval(timer);
			process.off("exit", restore);
			draw(true);
			for (const { state, name, output } of steps.values())
				if (state === "failed")
					write(`------\n > ${name}:\n${output.map((line) => `${line}\n`).join("")}------\n`);
			for (const warning of warnings) write(` WARN: ${warning}\n`);
		},
	};
}

function note(steps: Map<string, Step>, event: HullBuildEvent): void {
	if (event.kind === "vertex") {
		steps.set(event.vertex.digest, {
			name: event.vertex.name,
			state: "waiting",
			sizeBytes: 0,
			reason: "",
			output: [],
			decoder: new TextDecoder(),
			parts: new Map(),
		});
		return;
	}
	const step = "vertex" in event && typeof event.vertex === "string" ? steps.get(event.vertex) : undefined;
	if (step === undefined) return;
	switch (event.kind) {
		case "started":
			step.state = "running";
			step.startedAt = event.at;
			return;
		case "log":
			addOutput(step, step.decoder.decode(Buffer.from(event.data, "base64"), { stream: true }));
			return;
		case "progress":
			step.parts.set(event.id, event);
			return;
		case "completed":
			step.state = event.cached ? "cached" : "done";
			step.endedAt = event.at;
			step.sizeBytes = event.sizeBytes;
			step.reason = event.reason ?? "";
			return;
		case "failed":
			step.state = "failed";
			step.endedAt = event.at;
			return;
		default:
	}
}

/** What a process writes must not move the cursor. */
function addOutput({ output }: Step, text: string): void {
	const lines = text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").split("\n");
	const first = lines.shift()!;
	if (output.length === 0) output.push("");
	output[output.length - 1] += first;
	output.push(...lines);
	for (const [index, line] of output.entries())
		output[index] = line.replace(/^.*\r(?=.)/, "").replaceAll(/[\0-\x08\x0b-\x1f]/g, "");
	output.splice(0, output.length - keptLines);
}

function picture(
	steps: readonly Step[],
	how: {
		readonly begin: number;
		readonly isLast: boolean;
		readonly options: DisplayOptions;
		readonly columns: number;
	},
): string[] {
	const { begin, isLast, options, columns } = how;
	const finished = steps.filter(({ state }) => state === "done" || state === "cached").length;
	const sent = options.sent.bytes > 0 ? `, context ${decimalSize(options.sent.bytes)}` : "";
	const verb = isLast ? "Built" : "Building";
	const lines = [`[+] ${verb} ${secondsOf(begin, Date.now())} (${finished}/${steps.length}${sent})`];
	for (const step of steps) {
		if (step.state === "waiting") continue;
		const mark = step.state === "cached" ? "CACHED " : step.state === "failed" ? "ERROR " : "";
		const time = secondsOf(step.startedAt ?? step.endedAt ?? begin, step.endedAt ?? Date.now());
		const size = step.state === "done" && step.sizeBytes > 0 ? decimalSize(step.sizeBytes) : "";
		lines.push(spread(` => ${mark}${step.name}`, `${size} ${time}`.trim(), columns));
		if (options.explainCache && step.reason !== "") lines.push(` => => not cached: ${step.reason}`);
		if (step.state !== "running") continue;
		for (const part of step.parts.values())
			if (!part.done)
				lines.push(` => => ${part.name} ${decimalSize(part.current)} / ${decimalSize(part.total)}`);
		for (const line of step.output.filter((text) => text !== "").slice(-shownLines))
			lines.push(` => => # ${line}`);
	}
	return lines;
}

function secondsOf(from: number, to: number): string {
	return `${(Math.max(0, to - from) / 1000).toFixed(1)}s`;
}

function spread(left: string, right: string, columns: number): string {
	const room = Math.max(10, columns - right.length - 2);
	const text = clip(left, room);
	return `${text}${" ".repeat(Math.max(1, room - textWidth(text)))}${right}`;
}

function clip(text: string, columns: number): string {
	return textWidth(text) < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`;
}
