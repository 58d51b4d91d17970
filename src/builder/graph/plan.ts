import { closest } from "../../lib/closest.ts";
import { isEngineError } from "../../lib/index.ts";
import type { Digest, ImageRunConfig, Platform } from "../../oci/index.ts";
import { formatPlatform, hostPlatform, parsePlatform } from "../../oci/index.ts";
import type { Command, Dockerfile, Stage } from "../dockerfile/commands.ts";
import { DockerfileError, type SourceRange } from "../dockerfile/error.ts";
import { parseTriggers } from "../dockerfile/parse.ts";
import { applyConfig } from "./commands.ts";
import { definitionOf } from "./definition.ts";
import type { BaseImage, Graph, Operation, PlannedHistory, Source } from "./graph.ts";
import type { Planning, PlanOptions } from "./planning.ts";
import { platformArguments } from "./platform-arguments.ts";
import { declareArguments, fillIn, type Scope } from "./scope.ts";
import type { StageState } from "./stage-state.ts";
import { planStep, type StepCommand } from "./steps.ts";

const maxTriggers = 1000;

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Plans what the target needs and nothing else. Errors: {@link DockerfileError} with lines, and those of `resolve`.
 */
export async function planGraph(dockerfile: Dockerfile, options: PlanOptions): Promise<Graph> {
	const planning: Planning = {
		dockerfile,
		options,
		steps: new Map(),
		warnings: [],
		stages: new Map(),
		globalArguments: globalArguments(dockerfile, options),
		images: new Map(),
	};
	const stage = await planStage(planning, targetIndex(dockerfile, options.target));
	const labels =
		Object.keys(options.labels).length > 0 ? { Labels: { ...stage.config.Labels, ...options.labels } } : {};
	return {
		steps: [...planning.steps.values()],
		result: stage.tree,
		config: { ...stage.config, ...labels },
		history: stage.history,
		author: stage.author,
		platform: stage.platform,
		warnings: planning.warnings,
	};
}

/** Arguments before the first FROM, and those of the platform. */
function globalArguments(dockerfile: Dockerfile, options: PlanOptions): Map<string, string> {
	const stageName = options.target || dockerfile.stages.at(-1)!.name || "default";
	const args = platformArguments(hostPlatform(), options.platform, stageName);
	for (const [key, value] of options.buildArgs)
		if (args.has(key) && value !== undefined) args.set(key, value);
	const scope: Scope = { env: new Map(), args, escapeToken: dockerfile.directives.escape };
	const range = { startLine: 1, endLine: 1 };
	declareArguments(scope, dockerfile.args, { given: options.buildArgs, global: new Map(args), range });
	return args;
}

function targetIndex({ stages }: Dockerfile, target: string): number {
	if (target === "") return stages.length - 1;
	const named = findStage(stages, target, stages.length);
	if (named !== undefined) return named;
	const near = closest(
		target.toLowerCase(),
		stages.map(({ name }) => name),
	);
	throw new DockerfileError(
		`target stage ${JSON.stringify(target)} could not be found${near ? ` (did you mean ${near}?)` : ""}`,
		{ range: stages.at(-1)!.range },
	);
}

/** A stage before `end` by name or number; the last of one name counts. */
export function findStage(stages: readonly Stage[], reference: string, end: number): number | undefined {
	const name = reference.toLowerCase();
	for (let index = end - 1; index >= 0; index--) if (stages[index]!.name === name) return index;
	const number = /^\d{1,6}$/.test(name) ? Number(name) : -1;
	return number >= 0 && number < end ? number : undefined;
}

export function planStage(planning: Planning, index: number): Promise<StageState> {
	const known = planning.stages.get(index);
	if (known !== undefined) return known;
	const planned = newStage(planning, index);
	planning.stages.set(index, planned);
	return planned;
}

async function newStage(planning: Planning, index: number): Promise<StageState> {
	const { dockerfile, options, globalArguments: args } = planning;
	const stage = dockerfile.stages[index]!;
	const name = stage.name || (dockerfile.stages.length > 1 ? `stage-${index}` : "");
	const scope: Scope = { env: new Map(), args: new Map(args), escapeToken: dockerfile.directives.escape };
	const warn = (rule: string, message: string) =>
		planning.warnings.push({ rule, message, line: stage.range.startLine });
	const fill = (text: string) =>
		fillIn(scope, text, {
			range: stage.range,
			onUnset: (unset) => warn("UndefinedArgInFrom", `FROM argument '${unset}' is not declared`),
		});
	const base = fill(stage.base);
	if (base === "")
		throw new DockerfileError(`base name (${stage.base}) should not be blank`, {
			range: stage.range,
			word: stage.base,
		});
	const platform = stage.platform === "" ? options.platform : platformOf(stage, fill(stage.platform));
	const state = await baseState(planning, { index, name, base, platform });
	const triggers = takeTriggers(state.config, stage.range);
	const commands = [...triggers, ...stage.commands];
	const total = commands.filter(isStep).length + 1;
	const ready: StageState = { ...state, total, position: 1 };
	for (const command of commands) await planCommand(planning, ready, { command, index });
	return ready;
}

function platformOf({ platform, range }: Stage, filled: string): Platform {
	try {
		return parsePlatform(filled);
	} catch (error) {
		if (!isEngineError(error, "invalid_argument")) throw error;
		throw new DockerfileError(`failed to parse platform ${platform}: ${error.message}`, {
			range,
			word: platform,
		});
	}
}

function isStep(command: Command): command is StepCommand {
	return ["run", "copy", "add", "workdir"].includes(command.kind);
}

function takeTriggers(config: ImageRunConfig, range: SourceRange): Command[] {
	const triggers = config.OnBuild ?? [];
	delete config.OnBuild;
	if (triggers.length > maxTriggers)
		throw new DockerfileError(`the base image has more than ${maxTriggers} ONBUILD triggers`, { range });
	return parseTriggers(triggers).map((command) => ({ ...command, range }));
}

/** What a stage begins with: an earlier stage as it ended, an image, a context of that name, or nothing. */
async function baseState(
	planning: Planning,
	from: { readonly index: number; readonly name: string; readonly base: string; readonly platform: Platform },
): Promise<StageState> {
	const { dockerfile, options } = planning;
	const stage = dockerfile.stages[from.index]!;
	const earlier = options.images.has(from.base)
		? undefined
		: findStage(dockerfile.stages, from.base, from.index);
	if (earlier !== undefined && !/^\d+$/.test(from.base)) {
		const done = await planStage(planning, earlier);
		const state = newState(planning, { ...from, platform: done.platform }, done.config);
		return { ...state, tree: done.tree, history: [...done.history], author: done.author };
	}
	const state = { ...newState(planning, from, {}), total: stage.commands.filter(isStep).length + 1 };
	if (from.base.toLowerCase() === "scratch") {
		const tree = addStep(planning, state, { operation: { kind: "scratch" }, text: "FROM scratch", line: 0 });
		return { ...state, tree };
	}
	if (options.contexts.has(from.base)) return folderState(planning, state, { ...from, stage });
	const image = await resolveImage(planning, {
		reference: from.base,
		platform: from.platform,
		range: stage.range,
	});
	const tree = addStep(planning, state, {
		operation: { kind: "image", image },
		text: `FROM ${image.reference}`,
		line: stage.range.startLine,
	});
	return { ...newState(planning, from, image.config), tree, history: image.history.map(inherited) };
}

/** A folder of that name is the root of a stage without configuration, as with BuildKit. */
function folderState(
	planning: Planning,
	state: StageState,
	{ base: name, stage }: { readonly base: string; readonly stage: Stage },
): StageState {
	const text = `FROM ${name}`;
	const line = stage.range.startLine;
	const nothing = addStep(planning, state, { operation: { kind: "scratch" }, text, line: 0 });
	const options = {
		isAdd: false,
		chown: "",
		chmod: "",
		link: false,
		parents: false,
		excludes: [],
		checksum: "",
	};
	const operation: Operation = {
		kind: "copy",
		base: nothing,
		from: { kind: "context", name },
		...{ sources: ["."], documents: [], target: "/" },
		options: { ...options, keepGitDir: false },
	};
	const tree = addStep(planning, state, { operation, text: `${text} (a folder)`, line });
	return { ...state, tree, history: [{ createdBy: `COPY . / # ${name}`, step: tree }] };
}

/** An image under the name it has in this build; each is looked for once. */
export function resolveImage(
	{ options, images }: Planning,
	wanted: { readonly reference: string; readonly platform: Platform; readonly range: SourceRange },
): Promise<BaseImage> {
	const reference = options.images.get(wanted.reference) ?? wanted.reference;
	const key = `${reference} ${formatPlatform(wanted.platform)}`;
	const known = images.get(key) ?? options.resolve(reference, wanted.platform, wanted.range);
	images.set(key, known);
	return known;
}

function newState(
	planning: Planning,
	{ index, name, platform }: { readonly index: number; readonly name: string; readonly platform: Platform },
	config: ImageRunConfig,
): StageState {
	const { options, dockerfile, globalArguments: all } = planning;
	const variables = withPath(config.Env ?? []);
	const env = new Map(variables.map((entry) => splitEntry(entry)));
	const given = new Map(options.buildArgs);
	return {
		name: name || String(index),
		platform,
		tree: "sha256:",
		config: { ...structuredClone(config), Env: variables },
		scope: { env, args: new Map(), escapeToken: dockerfile.directives.escape },
		given,
		globalArguments: all,
		history: [],
		hasCommand: false,
		author: "",
		position: 1,
		total: 1,
		warnUnset: (variable, range) =>
			planning.warnings.push({
				rule: "UndefinedVar",
				message: `Usage of undefined variable '$${variable}'`,
				line: range.startLine,
			}),
	};
}

/** As Docker's builders, so that `ENV PATH=$PATH:/more` adds to something. */
function withPath(env: readonly string[]): string[] {
	return env.some((entry) => entry.startsWith("PATH=")) ? [...env] : [...env, `PATH=${defaultPath}`];
}

function splitEntry(entry: string): [string, string] {
	const equals = entry.indexOf("=");
	return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

function inherited(entry: BaseImage["history"][number]): PlannedHistory {
	return {
		createdBy: entry.created_by ?? "",
		inherited: {
			isEmpty: entry.empty_layer ?? false,
			...(entry.created === undefined ? {} : { created: entry.created }),
			...(entry.comment === undefined ? {} : { comment: entry.comment }),
		},
	};
}

async function planCommand(
	planning: Planning,
	stage: StageState,
	at: { readonly command: Command; readonly index: number },
): Promise<void> {
	const { command, index } = at;
	if (!isStep(command)) {
		stage.history.push({ createdBy: applyConfig(stage, command) });
		return;
	}
	stage.position++;
	const sourceOf = (name: string) => findSource(planning, stage, { name, index, range: command.range });
	const { operation, createdBy, text } = await planStep(planning, stage, { command, sourceOf });
	stage.tree = addStep(planning, stage, { operation, text, line: command.range.startLine });
	stage.history.push({ createdBy, step: stage.tree });
}

/** What `--from` names: a context, an earlier stage, else an image. */
async function findSource(
	planning: Planning,
	stage: StageState,
	from: { readonly name: string; readonly index: number; readonly range: SourceRange },
): Promise<Source> {
	const { options, dockerfile } = planning;
	if (options.contexts.has(from.name)) return { kind: "context", name: from.name };
	const earlier = options.images.has(from.name)
		? undefined
		: findStage(dockerfile.stages, from.name, from.index);
	if (earlier !== undefined) return { kind: "step", step: (await planStage(planning, earlier)).tree };
	if (
		/^\d+$/.test(from.name) ||
		dockerfile.stages.some(({ name }) => name !== "" && name === from.name.toLowerCase())
	)
		throw new DockerfileError(
			`invalid from flag value ${from.name}: refers to a stage that is not before this one`,
			{
				range: from.range,
				word: from.name,
			},
		);
	const image = await resolveImage(planning, {
		reference: from.name,
		platform: stage.platform,
		range: from.range,
	});
	const step = addStep(planning, stage, {
		operation: { kind: "image", image },
		text: `FROM ${image.reference}`,
		line: from.range.startLine,
	});
	return { kind: "step", step };
}

function addStep(
	{ steps, options, dockerfile }: Planning,
	stage: StageState,
	{ operation, text, line }: { readonly operation: Operation; readonly text: string; readonly line: number },
): Digest {
	const definition = definitionOf(operation);
	if (steps.has(definition)) return definition;
	const isBase = operation.kind === "image" || operation.kind === "scratch";
	const shown = options.isOneOfSeveral ? `${formatPlatform(stage.platform)} ` : "";
	const prefix = `${shown}${dockerfile.stages.length > 1 ? `${stage.name} ` : ""}`;
	const { noCache } = options;
	steps.set(definition, {
		definition,
		name: `[${prefix}${isBase ? 1 : stage.position}/${stage.total}] ${text}`,
		line,
		stage: stage.name,
		noCache: noCache === true || (Array.isArray(noCache) && noCache.includes(stage.name)),
		operation,
	});
	return definition;
}
