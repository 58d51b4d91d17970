/** The door for who sends a context: what of it a build can read. Small: it is a part of the command line. */
import { cleanPath } from "./contexts/ignore.ts";
import type { Command } from "./dockerfile/commands.ts";
import { parseDockerfile } from "./dockerfile/parse.ts";
import { fillHead, neededStages } from "./progress/needed-stages.ts";

export { cleanPath, type IgnoreRules, parseIgnoreFile } from "./contexts/ignore.ts";

export interface ContextNeeds {
	/** Files and folders, cleaned; an empty text is the whole tree. */
	readonly paths: readonly string[];
	/** Images that stages stand on, their names filled in where the head does: what they say is to be done first may read more. */
	readonly bases: readonly string[];
	/** Those that files are copied from. */
	readonly others: readonly string[];
}

/** By the instructions of the stages that the target needs. Errors: DockerfileError. */
export function contextNeeds(
	text: string,
	options: { readonly target: string; readonly buildArgs: ReadonlyMap<string, string | undefined> },
): ContextNeeds {
	const dockerfile = parseDockerfile(text);
	const stages = neededStages(dockerfile, options.target, options.buildArgs).map(
		(index) => dockerfile.stages[index]!,
	);
	const names = new Set(dockerfile.stages.map(({ name }) => name));
	const isImage = (name: string) => !names.has(name.toLowerCase()) && name.toLowerCase() !== "scratch";
	const fill = fillHead(dockerfile, options.buildArgs);
	const commands = stages.flatMap((stage) => stage.commands);
	return {
		paths: [...new Set(commands.flatMap(pathsOf))],
		bases: stages.map(({ base }) => fill(base)).filter(isImage),
		others: commands.flatMap(fromOf).filter((name) => isImage(name) && !/^\d+$/.test(name)),
	};
}

function pathsOf(command: Command): string[] {
	switch (command.kind) {
		case "copy":
		case "add":
			return command.from === undefined
				? command.sources.filter((one) => !isAddress(one)).map(fixedPart)
				: [];
		case "run":
			return command.mounts.flatMap((mount) =>
				mount.type === "bind" && mount.from === undefined ? fixedPart(mount.source) : [],
			);
		case "onbuild":
			return [];
		default:
			return [];
	}
}

function fromOf(command: Command): string[] {
	if (command.kind === "copy") return command.from === undefined ? [] : [command.from];
	if (command.kind !== "run") return [];
	return command.mounts.flatMap((mount) => ("from" in mount ? (mount.from ?? []) : []));
}

function isAddress(source: string): boolean {
	return /^(?:https?|git|ssh):\/\/|^git@/i.test(source);
}

/** The folder in which a pattern matches; a pattern of folders, or a variable in one, leaves all open. */
function fixedPart(source: string): string {
	const text = source.replaceAll(/^["']|["']$/g, "");
	const open = text.search(/[*?[\\$"']/);
	if (open < 0) return cleanPath(text);
	return text.includes("/", open) ? "" : cleanPath(text.slice(0, text.lastIndexOf("/", open) + 1));
}
