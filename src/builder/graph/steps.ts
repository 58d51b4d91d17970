import { posix } from "node:path";
import type { Command, CopyCommand, RunCommand, RunMount } from "../dockerfile/commands.ts";
import { DockerfileError } from "../dockerfile/error.ts";
import { expand } from "../dockerfile/expand.ts";
import type { Heredoc } from "../dockerfile/heredoc.ts";
import { resolveWorkdir, withShell } from "./commands.ts";
import type { CopyOperation, Operation, PlannedMount, RunOperation, Source } from "./graph.ts";
import type { Planning } from "./planning.ts";
import { fillIn, predefinedArguments } from "./scope.ts";
import type { StageState } from "./stage-state.ts";

export type StepCommand = Extract<Command, { kind: "run" | "copy" | "add" | "workdir" }>;

export interface PlannedStep {
	readonly operation: Operation;
	/** For the history. */
	readonly createdBy: string;
	/** For progress. */
	readonly text: string;
}

/** Makes a step of an instruction that makes a layer. Errors: DockerfileError. */
export async function planStep(
	planning: Planning,
	stage: StageState,
	{ command, sourceOf }: { readonly command: StepCommand; sourceOf(name: string): Promise<Source> },
): Promise<PlannedStep> {
	switch (command.kind) {
		case "run":
			return planRun(planning, stage, { command, sourceOf });
		case "copy":
		case "add":
			return planCopy(stage, { command, sourceOf });
		case "workdir":
			return planWorkdir(stage, command);
	}
}

async function planRun(
	{ options }: Planning,
	stage: StageState,
	{ command, sourceOf }: { readonly command: RunCommand; sourceOf(name: string): Promise<Source> },
): Promise<PlannedStep> {
	const { config, scope } = stage;
	const { args, documents } = commandOf(stage, command);
	const mounts: PlannedMount[] = [];
	for (const mount of command.mounts) mounts.push(await planMount(stage, { mount, command, sourceOf }));
	const declared = [...scope.args].filter(([name]) => !scope.env.has(name) && !isPredefined(name, stage));
	const operation: RunOperation = {
		kind: "run",
		base: stage.tree,
		platform: stage.platform,
		args,
		documents,
		env: [...(config.Env ?? []), ...declared.map(([name, value]) => `${name}=${value}`), ...proxies(stage)],
		workdir: config.WorkingDir ?? "/",
		user: config.User ?? "",
		mounts,
		network: command.network === "default" ? options.network : command.network,
		security: command.security,
		devices: command.devices,
		shown: command.command,
	};
	const values = declared.map(([name, value]) => `${name}=${value}`);
	const shown = values.length > 0 ? `|${values.length} ${values.join(" ")} ` : "";
	return { operation, createdBy: `RUN ${shown}${args.join(" ")} # buildkit`, text: command.source };
}

/** Only what the stage declared is an argument; the platform's are there for FROM. */
function isPredefined(name: string, stage: StageState): boolean {
	return stage.globalArguments.has(name) && !stage.scope.args.has(name);
}

/** Proxies reach a RUN undeclared, and change no cache key by being in its history. */
function proxies({ given, scope }: StageState): string[] {
	return predefinedArguments.flatMap((name) => {
		const value = given.get(name);
		return value === undefined || scope.args.has(name) ? [] : [`${name}=${value}`];
	});
}

/** A here-document is the script, or the input of the command in front of it. */
function commandOf(
	stage: StageState,
	{ command, heredocs, range }: RunCommand,
): { args: string[]; documents: { name: string; content: string }[] } {
	const [first] = heredocs;
	if (command.form === "exec" || first === undefined)
		return { args: withShell(stage.config, command), documents: [] };
	const isScript = /^\s*\d*<<-?\S+\s*$/.test(command.text) && heredocs.length === 1;
	const content = first.expand ? first.content : first.content;
	if (!isScript) {
		const text = [command.text, ...heredocs.map((document) => `\n${document.content}${document.name}`)].join(
			"",
		);
		return { args: withShell(stage.config, { form: "shell", text }), documents: [] };
	}
	// With `#!` the document is a program of its own.
	if (content.startsWith("#!")) {
		const path = `/dev/pipes/${first.name}`;
		if (/[/\0]/.test(first.name))
			throw new DockerfileError(`heredoc name ${first.name} is no file name`, { range });
		return { args: [path], documents: [{ name: path, content }] };
	}
	return { args: withShell(stage.config, { form: "shell", text: content }), documents: [] };
}

async function planMount(
	stage: StageState,
	{
		mount,
		command,
		sourceOf,
	}: { readonly mount: RunMount; readonly command: RunCommand; sourceOf(name: string): Promise<Source> },
): Promise<PlannedMount> {
	const fill = (text: string) => fillIn(stage.scope, text, { range: command.range });
	const target =
		mount.target === "" ? "" : resolveWorkdir(stage.config.WorkingDir ?? "/", fill(mount.target));
	switch (mount.type) {
		case "tmpfs":
			return { ...mount, target };
		case "secret":
		case "ssh":
			return { ...mount, target, id: fill(mount.id) };
		case "bind": {
			const from: Source =
				mount.from === undefined ? { kind: "context", name: "" } : await sourceOf(mount.from);
			return { ...mount, target, source: fill(mount.source), from };
		}
		case "cache": {
			const { from, ...rest } = mount;
			const filled = { ...rest, target, id: fill(mount.id) || target, source: fill(mount.source) };
			return from === undefined ? filled : { ...filled, from: await sourceOf(from) };
		}
	}
}

async function planCopy(
	stage: StageState,
	{ command, sourceOf }: { readonly command: CopyCommand; sourceOf(name: string): Promise<Source> },
): Promise<PlannedStep> {
	const { range } = command;
	const fill = (text: string) =>
		fillIn(stage.scope, text, { range, onUnset: (name) => stage.warnUnset(name, range) });
	const from: Source =
		command.from === undefined ? { kind: "context", name: "" } : await sourceOf(command.from);
	const sources = command.sources.map(fill);
	const target = copyTarget(stage, fill(command.target));
	const count = sources.length + command.inline.length;
	if (count > 1 && !target.endsWith("/")) {
		throw new DockerfileError(
			`When using ${command.kind.toUpperCase()} with more than one source file, the destination must be a directory and end with a /`,
			{ range, word: command.target },
		);
	}
	const operation: CopyOperation = {
		kind: "copy",
		base: stage.tree,
		from,
		sources,
		documents: command.inline.map((document) => ({
			name: document.name,
			content: filledDocument(stage, document, range),
		})),
		target,
		options: {
			isAdd: command.kind === "add",
			chown: fill(command.chown),
			chmod: fill(command.chmod),
			link: command.link,
			parents: command.parents,
			excludes: command.excludes.map(fill),
			checksum: fill(command.checksum),
			keepGitDir: command.keepGitDir,
			...(command.unpack === undefined ? {} : { unpack: command.unpack }),
		},
	};
	const flags = /^\S+\s+((?:--\S+\s+)*)/.exec(command.source)?.[1] ?? "";
	const names = [...sources, ...command.inline.map(({ name }) => `<<${name}`)].join(" ");
	const shown = `${command.kind.toUpperCase()} ${flags}${names} ${target}`;
	return { operation, createdBy: `${shown} # buildkit`, text: command.source.split("\n")[0]! };
}

/** Absolute; the slash at the end says that it is a folder, and stays. */
function copyTarget(stage: StageState, target: string): string {
	const path = resolveWorkdir(stage.config.WorkingDir ?? "/", target);
	const isFolder = target.endsWith("/") || target === "." || target.endsWith("/.");
	return isFolder && path !== "/" ? `${path}/` : path;
}

function filledDocument(stage: StageState, document: Heredoc, range: CopyCommand["range"]): string {
	if (!document.expand) return document.content;
	const variables = new Map([...stage.scope.args, ...stage.scope.env]);
	try {
		return expand(document.content, variables, { escapeToken: stage.scope.escapeToken, rawQuotes: true })
			.text;
	} catch (error) {
		throw new DockerfileError(
			`failed to process here-document ${document.name}: ${(error as Error).message}`,
			{ range },
		);
	}
}

function planWorkdir(stage: StageState, command: Extract<StepCommand, { kind: "workdir" }>): PlannedStep {
	const { range } = command;
	const given = fillIn(stage.scope, command.value, {
		range,
		onUnset: (name) => stage.warnUnset(name, range),
	});
	const path = posix.normalize(resolveWorkdir(stage.config.WorkingDir ?? "/", given));
	stage.config.WorkingDir = path;
	return {
		operation: { kind: "folder", base: stage.tree, path, user: stage.config.User ?? "" },
		createdBy: `WORKDIR ${path}`,
		text: `WORKDIR ${path}`,
	};
}
