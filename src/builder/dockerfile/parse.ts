import type { Argument, Command, Dockerfile, Stage } from "./commands.ts";
import { DockerfileError } from "./error.ts";
import { type LogicalLine, logicalLines } from "./logical-lines.ts";
import {
	type InstructionName,
	parseCommand,
	type ReadInstruction,
	readInstruction,
} from "./parse-command.ts";

const maxInstructions = 100_000;

/**
 * Reads a Dockerfile. Nothing is filled in: variables, names of stages and images are as written. Errors:
 * {@link DockerfileError} with the line and word that is wrong.
 */
export function parseDockerfile(text: string): Dockerfile {
	const { directives, lines } = logicalLines(text);
	if (lines.length === 0)
		throw new DockerfileError("file with no instructions", { range: { startLine: 1, endLine: 1 } });
	if (lines.length > maxInstructions)
		throw new DockerfileError(`more than ${maxInstructions} instructions`, {
			range: lines[maxInstructions]!.range,
		});
	const args: Argument[] = [];
	const stages: (Stage & { readonly commands: Command[] })[] = [];
	for (const line of lines) {
		const read = readInstruction(line, directives.escape);
		if (read.name === "FROM") {
			stages.push(parseStage(line, read));
			continue;
		}
		const command = parseCommand(line, read, directives.escape);
		const stage = stages.at(-1);
		if (stage !== undefined) stage.commands.push(command);
		else if (command.kind === "arg") args.push(...command.args);
		else
			return read.refuse(
				"no build stage in current context: only ARG may stand before the first FROM",
				read.name,
			);
	}
	if (stages.length === 0) {
		const { range } = lines.at(-1)!;
		throw new DockerfileError("no build stage: a Dockerfile needs at least one FROM", { range });
	}
	return { directives, args, stages };
}

/** What an image says is to be done when another is built on it. Errors: {@link DockerfileError}. */
export function parseTriggers(triggers: readonly string[]): Command[] {
	return triggers.flatMap((trigger) => {
		const { lines, directives } = logicalLines(trigger);
		return lines.map((line) => {
			const read = readInstruction(line, directives.escape);
			const forbidden: readonly InstructionName[] = ["FROM", "ONBUILD", "MAINTAINER"];
			if (forbidden.includes(read.name))
				return read.refuse(`${read.name} isn't allowed as an ONBUILD trigger`, read.name);
			return parseCommand(line, read, directives.escape);
		});
	});
}

function parseStage(
	line: LogicalLine,
	{ rest, flags, refuse }: ReadInstruction,
): Stage & { commands: Command[] } {
	const words = rest.split(/\s+/).filter((word) => word !== "");
	const [base = "", as = "", name = ""] = words;
	if (words.length !== 1 && words.length !== 3)
		return refuse("FROM requires either one or three arguments", base || "FROM");
	if (words.length === 3 && as.toUpperCase() !== "AS")
		return refuse(`FROM takes 'image [AS name]': AS is expected where ${as} stands`, as);
	if (words.length === 3 && !/^[a-z][a-z0-9-_.]*$/i.test(name))
		return refuse(
			`invalid name for build stage: "${name}", name can't start with a number or contain symbols`,
			name,
		);
	return {
		name: name.toLowerCase(),
		base,
		platform: flags.text("platform") ?? "",
		range: line.range,
		source: line.text.trim(),
		commands: [],
		comment: line.comment,
	};
}
