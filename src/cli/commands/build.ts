import { writeFileSync } from "node:fs";
import { type HullBuildEvent, hullBuild } from "../../client/index.ts";
import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../failure.ts";
import { defineCommand } from "../flags/command.ts";
import { type CacheFolders, cacheFolders } from "./build/cache-folders.ts";
import { buildFlags } from "./build/flags.ts";
import { graphText } from "./build/graph-text.ts";
import { buildOutputs, type Outputs } from "./build/outputs.ts";
import type { BuildDisplay } from "./build/progress/build-display.ts";
import { buildDisplay } from "./build/progress/display.ts";
import { type BuildFlags, buildArguments, buildRequest } from "./build/request.ts";
import { findSource } from "./build/source.ts";

export const command = defineCommand({
	usage: "[OPTIONS] PATH | URL | -",
	description:
		"Makes an image of a Dockerfile and the files beside it. PATH is the folder that COPY reads from; an address is fetched by the engine; - is a tar or a Dockerfile on stdin. Only what the Dockerfile can read is sent.",
	examples: [
		["build -t web .", "build the Dockerfile here"],
		["build -o out --target dist .", "take files of a stage, no image"],
		["build --check .", "look for common mistakes, build nothing"],
		["build --secret id=npm,src=$HOME/.npmrc .", "let RUN --mount=type=secret,id=npm read a file"],
	],
	flags: buildFlags,
	arguments: { min: 1, max: 1 },
	completes: ["folder"],
	async run(context, { flags, arguments: [place] }) {
		refuseFlags(flags);
		const engine = await context.engine();
		const source = await findSource({
			engine,
			place: place!,
			file: flags.file,
			target: flags.target ?? "",
			buildArgs: buildArguments(flags["build-arg"], context.environment),
			named: flags["build-context"],
			pull: flags.pull,
		});
		const mode = flags.check ? "check" : flags["print-graph"] ? "graph" : "build";
		const outputs = await buildOutputs({ ...flags, outputs: flags.output, tags: flags.tag });
		const request = await buildRequest(context, flags, { source, outputs, engine, mode });
		const leave = new AbortController();
		using _interrupt = onInterrupt(() => leave.abort());
		const uploads = mode === "build" ? source.uploads : [];
		const events = hullBuild(engine, request, { uploads, signal: leave.signal });
		if (mode !== "build") return await showAnswer(context, flags, events);
		const kind = flags.quiet
			? "quiet"
			: (flags.progress ?? context.environment["BUILDKIT_PROGRESS"] ?? "auto");
		const display = await buildDisplay(kind, { explainCache: flags["explain-cache"], sent: source.count });
		using caches = cacheFolders(request.CacheTo ?? []);
		const isInterrupted = () => leave.signal.aborted;
		const result = await follow(events, { display, outputs, caches, isInterrupted });
		writeResult(context, flags, result);
	},
});

type Result = HullBuildEvent & { readonly kind: "result" };

function refuseFlags(flags: BuildFlags): void {
	for (const name of ["rm", "force-rm"] as const)
		if (!flags[name]) throw new CommandFailure(`--${name}=false: no containers are left of steps`);
	if (flags.push && flags.load)
		throw new CommandFailure("push and load may not be set together at the moment");
}

/** Ctrl-C drops the connection, which ends the build in the engine. */
function onInterrupt(act: () => void): Disposable {
	process.on("SIGINT", act);
	process.on("SIGTERM", act);
	return {
		[Symbol.dispose]() {
			process.off("SIGINT", act);
			process.off("SIGTERM", act);
		},
	};
}

async function follow(
	events: AsyncIterable<HullBuildEvent>,
	to: {
		readonly display: BuildDisplay;
		readonly outputs: Outputs;
		readonly caches: CacheFolders;
		isInterrupted(): boolean;
	},
): Promise<Result> {
	const { display, outputs, caches } = to;
	let last: HullBuildEvent | undefined;
	try {
		for await (const event of events) {
			if (event.kind === "export") await outputs.take(event);
			else if (event.kind === "cache") caches.take(event);
			else display.take(event);
			last = event;
		}
	} catch (error) {
		if (to.isInterrupted()) throw new CommandFailure("the build was interrupted", { exitCode: 130 });
		throw error;
	} finally {
		display.end();
	}
	if (last?.kind === "error") throw buildFailure(last);
	if (last?.kind !== "result") throw new CommandFailure("the engine ended the build without a result");
	await outputs.done();
	return last;
}

function buildFailure({ message, shown }: HullBuildEvent & { readonly kind: "error" }): CommandFailure {
	return new CommandFailure(`${shown === undefined ? "" : `${shown}\n`}ERROR: failed to build: ${message}`);
}

function writeResult(context: CommandContext, flags: BuildFlags, result: Result): void {
	const { imageId, metadata } = result;
	if (flags.iidfile !== undefined) writeFileSync(flags.iidfile, imageId);
	if (flags["metadata-file"] !== undefined)
		writeFileSync(flags["metadata-file"], `${JSON.stringify(metadata, null, 2)}\n`);
	if (flags.quiet && imageId !== "") context.out(`${imageId}\n`);
}

/** A check's warnings, or the plan; the exit code is 1 when there is something to mend. */
async function showAnswer(
	context: CommandContext,
	flags: BuildFlags,
	events: AsyncIterable<HullBuildEvent>,
): Promise<number> {
	const show = (value: unknown, text: string) =>
		context.out(flags.format === "json" ? `${JSON.stringify(value, null, 2)}\n` : text);
	const warnings: Warning[] = [];
	for await (const event of events) {
		if (event.kind === "error") throw buildFailure(event);
		if (event.kind === "graph") show(event.steps, graphText(event.steps));
		if (event.kind === "warning") warnings.push(event);
		if (event.kind === "checked") show(warnings, warningsText(warnings));
	}
	return warnings.length === 0 ? 0 : 1;
}

type Warning = HullBuildEvent & { readonly kind: "warning" };

function warningsText(warnings: readonly Warning[]): string {
	if (warnings.length === 0) return "Check complete, no warnings found.\n";
	const texts = warnings.map(
		({ rule, url, message, shown }) => `WARNING: ${rule} - ${url}\n${message}\n\n${shown}\n\n`,
	);
	const count = warnings.length === 1 ? "1 warning has" : `${warnings.length} warnings have`;
	return `${texts.join("")}Check complete, ${count} been found!\n`;
}
