import { closest } from "../../../lib/closest.ts";
import { hostPlatform, parseReference } from "../../../oci/index.ts";
import type { Command, Stage } from "../../dockerfile/commands.ts";
import { expand } from "../../dockerfile/expand.ts";
import { platformArguments } from "../../graph/platform-arguments.ts";
import { predefinedArguments } from "../../graph/scope.ts";
import type { Finding, LintSource, Rule } from "../rule.ts";

/** Variables that nobody gave a value. */
export const variableRules: readonly Rule[] = [
	{ name: "UndefinedArgInFrom", check: undefinedInFrom },
	{ name: "InvalidDefaultArgInFrom", check: invalidDefaults },
	{ name: "UndefinedVar", check: undefinedVariables },
];

const platformNames = [...platformArguments(hostPlatform(), hostPlatform(), "").keys()];

function undefinedInFrom(source: LintSource): Finding[] {
	const declared = [...platformNames, ...source.dockerfile.args.map(({ key }) => key)];
	return source.dockerfile.stages.flatMap((stage) =>
		[...used(source, stage.base), ...used(source, stage.platform)]
			.filter((name) => !declared.includes(name))
			.map((name) => ({
				message: `FROM argument '${name}' is not declared${hint(name, declared)}`,
				range: stage.range,
			})),
	);
}

/** With the defaults alone, as who builds without arguments gets it. */
function invalidDefaults(source: LintSource): Finding[] {
	const { dockerfile, directives } = source;
	const defaults = new Map(platformNames.map((name) => [name, "linux"]));
	for (const { key, value } of dockerfile.args)
		defaults.set(key, tryExpand(value ?? "", defaults, directives.escape));
	return dockerfile.stages.flatMap(({ base, range }) => {
		const names = used(source, base);
		if (names.size === 0 || [...names].some((name) => !defaults.has(name))) return [];
		if (isReference(tryExpand(base, defaults, directives.escape))) return [];
		return {
			message: `Default value for ARG ${base} results in an empty or invalid base image name`,
			range,
		};
	});
}

function undefinedVariables(source: LintSource): Finding[] {
	const ends = new Map<string, Set<string> | undefined>();
	return source.dockerfile.stages.flatMap((stage) => {
		const names = baseNames(source, stage, ends);
		const found =
			names === undefined ? [] : stage.commands.flatMap((command) => inCommand(source, command, names));
		ends.set(stage.name, names);
		return found;
	});
}

/** Names that the base has; `undefined` when that is not known. */
function baseNames(
	{ options }: LintSource,
	{ base }: Stage,
	ends: ReadonlyMap<string, Set<string> | undefined>,
): Set<string> | undefined {
	const own = ["PATH", ...predefinedArguments];
	if (base !== "" && ends.has(base.toLowerCase())) {
		const before = ends.get(base.toLowerCase());
		return before === undefined ? undefined : new Set(before);
	}
	if (base.toLowerCase() === "scratch") return new Set(own);
	const image = options.image?.(base);
	if (image === undefined) return undefined;
	return new Set([...own, ...image.env.map((entry) => entry.split("=")[0]!)]);
}

/** What the instruction defines is added to the names. */
function inCommand(source: LintSource, command: Command, names: Set<string>): Finding[] {
	const found = texts(command).flatMap((text) =>
		[...used(source, text)]
			.filter((name) => !names.has(name))
			.map((name) => ({
				message: `Usage of undefined variable '$${name}'${hint(name, [...names])}`,
				range: command.range,
			})),
	);
	if (command.kind === "arg") for (const { key } of command.args) names.add(key);
	if (command.kind === "env") for (const { key } of command.pairs) names.add(key);
	return [...new Map(found.map((one) => [one.message, one])).values()];
}

/** What the builder fills in; a RUN's text is its shell's. */
function texts(command: Command): readonly string[] {
	switch (command.kind) {
		case "env":
		case "label":
			return command.pairs.flatMap(({ key, value }) => [key, value]);
		case "arg":
			return command.args.flatMap(({ value }) => value ?? []);
		case "copy":
		case "add":
			return [...command.sources, command.target, command.chown, command.chmod];
		case "expose":
			return command.ports;
		case "volume":
			return command.paths;
		case "user":
		case "stopsignal":
		case "workdir":
			return [command.value];
		default:
			return [];
	}
}

/** Variables of a text that say nothing of what to do without a value. */
function used({ directives }: LintSource, text: string): Set<string> {
	try {
		const { unset } = expand(text, new Map(), { escapeToken: directives.escape });
		const provided = [...text.matchAll(/\$\{(\w+):?[-+?]/g)].map((match) => match[1]);
		return new Set([...unset].filter((name) => !provided.includes(name)));
	} catch {
		return new Set();
	}
}

function tryExpand(text: string, variables: ReadonlyMap<string, string>, escapeToken: string): string {
	try {
		return expand(text, variables, { escapeToken }).text;
	} catch {
		return text;
	}
}

function isReference(text: string): boolean {
	try {
		parseReference(text);
		return true;
	} catch {
		return false;
	}
}

function hint(name: string, known: readonly string[]): string {
	const near = closest(name, known);
	return near === undefined ? "" : ` (did you mean ${near}?)`;
}
