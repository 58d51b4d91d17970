import { posix } from "node:path";
import type { Command, Stage } from "../../dockerfile/commands.ts";
import type { Finding, Rule } from "../rule.ts";

/** Instructions of stages, each by itself and together. */
export const commandRules: readonly Rule[] = [
	{
		name: "JSONArgsRecommended",
		check: ({ dockerfile }) =>
			dockerfile.stages
				// Who chooses a shell knows that there is one.
				.filter(({ commands }) => !commands.some(({ kind }) => kind === "shell"))
				.flatMap(({ commands }) => commands)
				.flatMap((command) => {
					if (command.kind !== "cmd" && command.kind !== "entrypoint") return [];
					if (command.command.form === "exec") return [];
					const name = command.kind.toUpperCase();
					return {
						message: `JSON arguments recommended for ${name} to prevent unintended behavior related to OS signals`,
						range: command.range,
					};
				}),
	},
	{
		name: "MaintainerDeprecated",
		check: ({ dockerfile }) =>
			dockerfile.stages
				.flatMap(({ commands }) => commands)
				.filter(({ kind }) => kind === "maintainer")
				.map(({ range }) => ({
					message: "Maintainer instruction is deprecated in favor of using label",
					range,
				})),
	},
	{
		name: "MultipleInstructionsDisallowed",
		check: ({ dockerfile }) =>
			dockerfile.stages.flatMap(({ commands }) =>
				["cmd", "entrypoint", "healthcheck"].flatMap((kind) => allButLast(commands, kind)),
			),
	},
	{
		name: "WorkdirRelativePath",
		check: ({ dockerfile }) => relativeWorkdirs(dockerfile.stages),
	},
	{
		name: "LegacyKeyValueFormat",
		check: ({ lines }) =>
			lines.flatMap(({ text, range }) => {
				const [, word = "", first = ""] = /^\s*(ENV|LABEL)\s+(\S+)/i.exec(text) ?? [];
				if (word === "" || first.includes("=")) return [];
				const name = word.toUpperCase();
				return {
					message: `"${name} key=value" should be used instead of legacy "${name} key value" format`,
					range,
				};
			}),
	},
];

function allButLast(commands: readonly Command[], kind: string): Finding[] {
	return commands
		.filter((command) => command.kind === kind)
		.slice(0, -1)
		.map(({ range }) => ({
			message: `Multiple ${kind.toUpperCase()} instructions should not be used in the same stage because only the last one will be used`,
			range,
		}));
}

/** Relative to what the base image has: a stage knows that only once it has said an absolute one. */
function relativeWorkdirs(stages: readonly Stage[]): Finding[] {
	const known = new Set<string>();
	return stages.flatMap(({ name, base, commands }) => {
		let isKnown = known.has(base.toLowerCase());
		const found = commands.flatMap((command) => {
			if (command.kind !== "workdir") return [];
			const isAbsolute = posix.isAbsolute(command.value) || command.value.startsWith("$");
			if (isAbsolute) isKnown = true;
			if (isKnown) return [];
			return {
				message: `Relative workdir ${JSON.stringify(command.value)} can have unexpected results if the base image changes`,
				range: command.range,
			};
		});
		if (isKnown && name !== "") known.add(name);
		return found;
	});
}
